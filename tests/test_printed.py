"""Which numbers are read out of what a script printed."""

from __future__ import annotations

from nndoctor.printed import MOST, LinesPrinted, lines_printed


def read(*lines: str) -> list[tuple[tuple[str, ...], ...]]:
    return [one.numbers for one in lines_printed("\n".join(lines))]


def test_lines_of_one_kind_give_their_numbers_as_they_were_written() -> None:
    lines = [f"epoch {epoch}/3  acc {epoch * 31.5:6.2f}% ({epoch}e-03)" for epoch in (1, 2, 3)]
    assert read(lines[0], "saved best.pt", lines[1], lines[2]) == [
        (("1", "3", "31.50", "1e-03"), ("2", "3", "63.00", "2e-03"), ("3", "3", "94.50", "3e-03"))
    ]


def test_what_is_said_twice_or_at_every_step_has_no_course() -> None:
    assert read("done in 3 s", "done in 4 s") == []
    assert read(*(f"step {step}" for step in range(MOST + 1))) == []
    assert read(*(f"step {step} " + "x" * 400 for step in range(5))) == []
    assert read(*("no numbers here" for _ in range(5))) == []


def test_a_progress_bar_breaks_its_line_too() -> None:
    output = "\r".join(f"{step:3d}%|##| loss=0.{step}" for step in (10, 11, 12))
    assert list(lines_printed(output)) == [LinesPrinted((("10", "0.10"), ("11", "0.11"), ("12", "0.12")))]
