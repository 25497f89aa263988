"""`nndoctor fix`: the change of the user's file that cures a finding: shown, asked for, made, and put to the test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from nndoctor.commands import outputs
from nndoctor.commands.demo import PATIENTS
from nndoctor.commands.options import FOUND, Refusal, is_terminal, known, rulebook_of, speaking, with_packs
from nndoctor.commands.recheck import compared, examined_again, write
from nndoctor.commands.saved import case_in, newest
from nndoctor.report.words import Language, phrase

if TYPE_CHECKING:
    from nndoctor.case import Case
    from nndoctor.edit.patch import Patch
    from nndoctor.engine.diagnose import Finding
    from nndoctor.rulebook.pack import Rulebook


class Call(TypedDict):
    """The options of this command."""

    case: Path | None
    rule: str
    diff_only: bool
    yes: bool
    json: str | None
    lang: Language
    quiet: bool
    packs: tuple[Path, ...]


@click.command(short_help="Change your file so that a finding is cured.")
@click.argument("case", type=click.Path(path_type=Path), required=False)
@click.option("--rule", default="", metavar="ID", help="Cure this finding, not the first one.")
@click.option("--diff", "diff_only", is_flag=True, help="Print the change, and make none.")
@click.option("--yes", is_flag=True, help="Make the change without asking.")
@click.option("--json", metavar="FILE", help="Write the report after the change as JSON.")
@speaking
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@with_packs
def fix(**call: Unpack[Call]) -> int:
    """Show the change of your file that cures the first finding of CASE; make it if you say so, and examine again.

    CASE is a report that --json has written, or the case that the app saved last. This is the only command that
    writes into your files, and never without a yes. What was there is kept beside, as train.py.before-nndoctor.

    \b
      nndoctor examine train.py --json case.json
      nndoctor fix case.json --diff
      nndoctor fix case.json --json after.json

    Exits with 0 if nothing grave is confirmed any more after the change (or with --diff), 1 if something still is or
    no change was made, 2 if there is no change that could be made, 3 and 4 if the patient could not be examined again.
    """
    from nndoctor.edit.source import CannotEdit  # noqa: PLC0415

    files = outputs.checked({"json": call["json"]})
    case, _ = case_in(call["case"] or newest())
    rulebook = rulebook_of(call["packs"])
    finding = _wanted(case, rulebook, call["rule"])
    patch = _patch(case, rulebook, finding)
    click.echo(patch.diff(_named(patch.file, case)))
    if call["diff_only"]:
        return 0
    if Path(patch.file).is_relative_to(PATIENTS):
        raise Refusal(
            "the demo's patient stays as it is for the next one. Copy it to a folder of yours, and examine it."
        )
    if not call["yes"] and not _agreed(call["lang"]):
        return FOUND
    from nndoctor.edit.rewrite import rewrite  # noqa: PLC0415

    try:
        backup = rewrite(patch)
    except CannotEdit as reason:
        raise Refusal(f"{reason}. Nothing was changed.") from reason
    click.echo(phrase("fix.kept", call["lang"], backup=backup), err=True)
    again = examined_again(case, rulebook, call["lang"], quiet=call["quiet"])
    code = compared(case, again, rulebook, call["lang"], "serious", quiet=False)
    write(again, rulebook, call["lang"], files)
    return code


def _wanted(case: Case, rulebook: Rulebook, rule: str) -> Finding:
    """The finding to be cured: the one that is named, or the first that is confirmed."""
    from nndoctor.engine.diagnose import diagnose  # noqa: PLC0415 - pydantic

    found = {finding.rule: finding for finding in diagnose(case, rulebook).findings}
    if rule:
        return found[known(rule, found, "finding", f"There are {', '.join(found) or 'none'}.")]
    first = next((finding for finding in found.values() if finding.status == "confirmed"), None)
    if first is None:
        raise Refusal("nothing is confirmed in this case, so there is nothing to cure.")
    return first


def _patch(case: Case, rulebook: Rulebook, finding: Finding) -> Patch:
    from nndoctor.edit.patch import patch_of  # noqa: PLC0415
    from nndoctor.edit.source import CannotEdit  # noqa: PLC0415

    remedy = rulebook.rules[finding.rule].remedy
    try:
        return patch_of(remedy.planned, case.facts())
    except CannotEdit as reason:
        hint = f"`nndoctor explain {finding.rule}` says what to do by hand."
        raise Refusal(f"no change can be made for {finding.rule}: {reason}.\n{hint}") from reason


def _named(file: str, case: Case) -> str:
    from nndoctor.report import code  # noqa: PLC0415

    return code.near(file, case.patient.directory)


def _agreed(lang: Language) -> bool:
    """Whether somebody at a terminal says yes; where nobody is, nobody does."""
    if not is_terminal():
        click.echo(phrase("fix.nobody", lang), err=True)
        return False
    return click.confirm(phrase("fix.ask", lang), default=False, err=True)
