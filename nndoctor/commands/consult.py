"""`nndoctor [TARGET]`: the app, or the headless examination where no app can be drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Unpack

import click

from nndoctor.case import Rehearse
from nndoctor.commands.examine import BUDGET, Wishes, run
from nndoctor.commands.options import (
    DrawnCall,
    Refusal,
    drawing_of,
    drawn,
    is_terminal,
    rulebook_of,
    shortening,
    speaking,
    trying,
    with_packs,
)
from nndoctor.commands.target import patient_of
from nndoctor.report.words import Language


class Call(DrawnCall):
    """The options of this command."""

    words: tuple[str, ...]
    module: str
    python: str
    budget: float
    rehearse: Rehearse
    no_trials: bool
    lang: Language
    packs: tuple[Path, ...]
    in_place: bool


@click.command(hidden=True)
@click.argument("words", metavar="[TARGET] [-- ARGS]...", nargs=-1, type=click.UNPROCESSED)
@click.option("-m", "module", default="", metavar="MODULE", help="Examine `python -m MODULE` instead of a file.")
@click.option("--python", default="", metavar="PATH", help="The interpreter that has your torch.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True, max=1e7), default=BUDGET, metavar="SECONDS")
@shortening
@trying
@speaking
@with_packs
@drawn
@click.option("--in-place", is_flag=True, help="Run in your own directory, not in a scratch copy of it.")
def consult(**call: Unpack[Call]) -> int:
    """Open the app on TARGET, or on a choice of targets."""
    named = bool(call["words"] or call["module"])
    if not is_terminal():
        if not named:
            raise Refusal("no terminal, so no app, and no target. Name the script: nndoctor examine train.py")
        click.echo("nndoctor: no terminal to draw on, so this is `nndoctor examine`.", err=True)
        return run(_as_examination(call))
    asked = call["words"], call["module"], call["python"], call["budget"], call["rehearse"]
    patient = replace(patient_of(*asked), trials=not call["no_trials"]) if named else None
    if call["packs"]:
        rulebook_of(call["packs"])  # a pack named by the user is refused before the screen is taken
    from nndoctor.tui.app import run_app  # noqa: PLC0415 - Textual

    return run_app(patient, call["packs"], call["lang"], in_place=call["in_place"], drawing=drawing_of(call))


def _as_examination(call: Call) -> Wishes:
    return Wishes(
        words=call["words"],
        module=call["module"],
        python=call["python"],
        budget=call["budget"],
        rehearse=call["rehearse"],
        no_trials=call["no_trials"],
        lang=call["lang"],
        packs=call["packs"],
        in_place=call["in_place"],
        symptom=(),
        answer=(),
        probe=(),
        skip=(),
        json=None,
        markdown=None,
        html=None,
        fail_on="serious",
        quiet=False,
    )
