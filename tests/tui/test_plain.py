from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nndoctor.tui.plain import block, line, lines


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("model.layer[0]", "model.layer[0]"),
        ("[/foo] [red]x[/red] [32, 10]", "[/foo] [red]x[/red] [32, 10]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\u202edcba\u202c", "adcba"),
        ("a\r\nb\tc", "a b c"),
        ("⚠\ufe0f", "⚠"),
        ("损失 loss", "损失 loss"),
        ("bad \udcff name", "bad \ufffd name"),
    ],
)
def test_a_line_keeps_what_can_be_seen_and_nothing_else(given_text: str, shown: str) -> None:
    assert line(given_text) == shown


def test_lines_keep_their_indentation() -> None:
    assert lines("def f():\n\treturn 1\n") == ["def f():", "    return 1", ""]
    assert block("a\n\n  b\n\n") == "a\n\n  b"


@given(st.text(st.characters(codec=None)))
def test_no_text_can_move_the_cursor_or_turn_the_writing(text: str) -> None:
    shown = line(text)
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs"} for character in shown)
    assert "\n" not in shown
    assert cell_len(shown) >= 0
    shown.encode()
