"""`nndoctor recheck`: the same patient examined again, and held against the saved case."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from nndoctor.commands import outputs
from nndoctor.commands.examine import LEVELS
from nndoctor.commands.options import Refusal, rulebook_of, speaking, with_packs
from nndoctor.commands.saved import case_in, newest

if TYPE_CHECKING:
    from nndoctor.case import Case
    from nndoctor.commands.headless import Examination
    from nndoctor.report.words import Language
    from nndoctor.rulebook.pack import Rulebook


class Call(TypedDict):
    """The options of this command."""

    case: Path | None
    budget: float | None
    json: str | None
    markdown: str | None
    html: str | None
    fail_on: str
    lang: Language
    quiet: bool
    packs: tuple[Path, ...]


@click.command(short_help="Examine again, and compare with a saved case.")
@click.argument("case", type=click.Path(path_type=Path), required=False)
@click.option(
    "--budget", type=click.FloatRange(min=0, min_open=True, max=1e7), metavar="SECONDS", help="Not as it was then."
)
@click.option("--json", metavar="FILE", help="Write the new report as JSON; - is stdout.")
@click.option("--markdown", metavar="FILE", help="Write the new report as Markdown; - is stdout.")
@click.option("--html", metavar="FILE", help="Write the new report as one HTML file.")
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="serious",
    show_default=True,
    help="Exit with 1 if something this bad, or worse, is confirmed.",
)
@speaking
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@with_packs
def recheck(**call: Unpack[Call]) -> int:
    """Examine the patient of CASE again, after your change: what is cured, what is left, what is new.

    CASE is a report that --json has written, or the case that the app saved last. The same answers and symptoms hold;
    cures are not tried.

    \b
      nndoctor recheck case.json
      nndoctor recheck case.json --json after.json

    Exits with 0 if nothing is confirmed any more at or above --fail-on, 1 if something is, 2 for a mistake in the
    call, 3 if the patient could not be examined, 4 if time ran out first.
    """
    files = outputs.checked({form: call[form] for form in ("json", "markdown", "html")})
    before, _ = case_in(call["case"] or newest())
    rulebook = rulebook_of(call["packs"])
    if call["budget"] is not None:
        before = replace(before, patient=replace(before.patient, seconds=call["budget"]))
    again = examined_again(before, rulebook, call["lang"], quiet=call["quiet"])
    code = compared(before, again, rulebook, call["lang"], call["fail_on"], quiet=outputs.STDOUT in files.values())
    write(again, rulebook, call["lang"], files)
    return code


def examined_again(before: Case, rulebook: Rulebook, lang: Language, *, quiet: bool) -> Examination:
    """The same patient, complaints and answers, as it is now. Raises Refusal for one that can't be reached again."""
    from nndoctor.commands import headless  # noqa: PLC0415 - asyncio and the engine
    from nndoctor.commands.progress import Progress, Silence  # noqa: PLC0415

    if before.patient.kind == "live":
        raise Refusal("this case is of a model in a running process: examine it there again")
    if not Path(before.patient.directory).is_dir():
        raise Refusal(f"there is no folder {before.patient.directory} any more, where this case was examined")
    patient = replace(before.patient, trials=False)
    wish = headless.Wish(patient, before.symptoms, before.answers)
    teller = Silence() if quiet else Progress(sys.stderr, patient.target, rulebook, lang)
    return headless.examined(wish, rulebook, teller)


def compared(  # noqa: PLR0913 - one comparison has so many wishes
    before: Case, again: Examination, rulebook: Rulebook, lang: Language, fail_on: str, *, quiet: bool
) -> int:
    """Prints how the patient is now, unless `quiet`; gives the exit code."""
    from nndoctor.commands import headless  # noqa: PLC0415
    from nndoctor.engine.recovery import recovery  # noqa: PLC0415
    from nndoctor.report.course import course  # noqa: PLC0415

    code = headless.exit_code(again, rulebook, fail_on)
    why = headless.unseen(again, code)
    if why:
        click.echo(f"nndoctor: {why}", err=True)
    elif not quiet:
        click.echo(course(recovery(before, again.case, rulebook), rulebook, lang), nl=False)
    return code


def write(again: Examination, rulebook: Rulebook, lang: Language, files: dict[str, str]) -> None:
    """Writes the reports of the new examination."""
    from nndoctor.report.document import document  # noqa: PLC0415

    made = datetime.now(UTC).isoformat(timespec="seconds")
    for path in outputs.write(document(again.case, again.diagnosis, rulebook, lang, made), files):
        click.echo(f"report: {path}", err=True)
