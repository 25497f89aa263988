from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nndoctor.tui.transcript import KEPT_LINES, Transcript


def written(*pieces: str, stream: str = "stdout") -> list[str]:
    transcript = Transcript()
    for piece in pieces:
        transcript.feed(stream, piece)
    return [transcript[row] for row in range(len(transcript))]


def test_pieces_of_a_line_are_joined() -> None:
    assert written("epo", "ch 1\nep", "och 2") == ["epoch 1", "epoch 2"]


def test_a_progress_bar_overwrites_itself() -> None:
    assert written("\r 10%|#", "\r 20%|##", "\r 30%|###\ndone\n") == [" 30%|###", "done"]
    assert written("10%\r", "20%\r", "30%\r") == ["30%"]
    assert written("10%\r", "\n", "next") == ["10%", "next"]


def test_windows_line_ends_are_line_ends() -> None:
    assert written("a\r", "\nb\r\n") == ["a", "b"]


def test_colours_are_left_out_even_where_a_piece_cuts_them() -> None:
    assert written("\x1b[3", "1mred\x1b[0", "m\n") == ["red"]


def test_the_two_streams_do_not_run_into_each_other() -> None:
    transcript = Transcript()
    transcript.feed("stdout", "half")
    transcript.feed("stderr", "warning\n")
    assert [transcript[row] for row in range(len(transcript))] == ["half", "warning"]


def test_a_script_that_floods_costs_a_bounded_number_of_lines() -> None:
    rows = written("x\n" * (KEPT_LINES + 7) + "y" * 1_000_000)
    assert len(rows) == KEPT_LINES + 1
    assert len(rows[-1]) < 10_000


@given(st.text(alphabet="ab\r\n\x1b[m3", max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_it_does_not_matter_where_the_output_is_cut(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[begin:end] for begin, end in pairwise(edges)]
    assert written(*pieces) == written(text)
