"""`nndoctor resume`: the app on a saved case, where it was left."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from nndoctor.commands.options import (
    DrawnCall,
    Refusal,
    drawing_of,
    drawn,
    is_terminal,
    rulebook_of,
    speaking,
    with_packs,
)
from nndoctor.commands.saved import newest
from nndoctor.report.words import Language


class Call(DrawnCall):
    """The options of this command."""

    case: Path | None
    lang: Language
    packs: tuple[Path, ...]


@click.command(short_help="Reopen a case where it was left.")
@click.argument("case", type=click.Path(path_type=Path), required=False)
@speaking
@with_packs
@drawn
def resume(**call: Unpack[Call]) -> int:
    """Reopen CASE in the app, or the case that was saved last: with all that was answered and measured.

    \b
      nndoctor resume
      nndoctor resume case.json
    """
    case = call["case"] or newest()
    if not case.is_file():
        raise Refusal(f"there is no file {str(case)!r}. Without a name the case that was saved last is reopened.")
    if not is_terminal():
        raise Refusal(f"no terminal to draw on. To read the case: nndoctor report {case}")
    if call["packs"]:
        rulebook_of(call["packs"])
    from nndoctor.tui.app import run_app  # noqa: PLC0415 - Textual

    return run_app(case.resolve(), call["packs"], call["lang"], drawing=drawing_of(call))
