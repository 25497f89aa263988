"""CASE on a command line: a report that --json has written, or a case that the app has saved."""

from __future__ import annotations

from pathlib import Path

from nndoctor.case import Case
from nndoctor.commands.options import Refusal


def case_in(path: Path) -> tuple[Case, str]:
    """The case in that file, and when it was reported. Raises Refusal for what is none."""
    from nndoctor.report.json_report import case_of  # noqa: PLC0415 - pydantic

    try:
        return case_of(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise Refusal(f"{path}: {wrong.strerror}. Name a file that --json has written.") from wrong
    except ValueError as wrong:
        raise Refusal(f"{path}: {wrong}. Name a file that --json has written.") from wrong


def newest() -> Path:
    """The case that the app saved last. Raises Refusal where there is none."""
    from nndoctor.tui.arrivals import saved_cases  # noqa: PLC0415 - dataclasses
    from nndoctor.tui.surroundings import cases_folder  # noqa: PLC0415

    cases = saved_cases(cases_folder())
    if not cases:
        raise Refusal("no case has been saved yet. Begin one: nndoctor train.py")
    return cases[0].path
