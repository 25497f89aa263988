"""`nndoctor examine`: the headless twin of the app."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from nndoctor.case import UNSURE
from nndoctor.commands import outputs
from nndoctor.commands.options import Refusal, known, rulebook_of, shortening, speaking, trying, with_packs
from nndoctor.commands.target import patient_of

if TYPE_CHECKING:
    from pathlib import Path

    from nndoctor.case import Rehearse
    from nndoctor.commands.headless import Wish
    from nndoctor.report.words import Language
    from nndoctor.rulebook.pack import Rulebook

LEVELS = ("fatal", "serious", "costly", "untidy", "never")
BUDGET = 600.0


class Wishes(TypedDict):
    """The options of this command."""

    words: tuple[str, ...]
    module: str
    symptom: tuple[str, ...]
    answer: tuple[str, ...]
    budget: float
    rehearse: Rehearse
    probe: tuple[str, ...]
    skip: tuple[str, ...]
    no_trials: bool
    python: str
    json: str | None
    markdown: str | None
    html: str | None
    fail_on: str
    lang: Language
    quiet: bool
    packs: tuple[Path, ...]
    in_place: bool


@click.command(no_args_is_help=True, short_help="Examine a script without the app.")
@click.argument("words", metavar="TARGET [-- ARGS]...", nargs=-1, type=click.UNPROCESSED)
@click.option("-m", "module", default="", metavar="MODULE", help="Examine `python -m MODULE` instead of a file.")
@click.option("--symptom", multiple=True, metavar="ID", help="What you see. `nndoctor symptoms` lists them.")
@click.option("--answer", multiple=True, metavar="QUESTION=OPTION", help="What only you can know.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True, max=1e7),
    default=BUDGET,
    show_default=True,
    metavar="SECONDS",
    help="Time for all of it; watching the script takes at most six tenths.",
)
@shortening
@click.option("--probe", multiple=True, metavar="ID", help="Only this probe, needed or not. May be given again.")
@click.option("--skip", multiple=True, metavar="ID", help="Not this probe. May be given again.")
@trying
@click.option("--python", default="", metavar="PATH", help="The interpreter that has your torch.")
@click.option("--json", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("--markdown", metavar="FILE", help="Write the report as Markdown, for an issue; - is stdout.")
@click.option("--html", metavar="FILE", help="Write the report as one HTML file, with pictures.")
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default="serious",
    show_default=True,
    help="Exit with 1 if something this bad, or worse, is confirmed.",
)
@speaking
@click.option("--quiet", is_flag=True, help="No progress and no hints on stderr.")
@with_packs
@click.option("--in-place", is_flag=True, help="Run in your own directory, not in a scratch copy of it.")
def examine(**wishes: Unpack[Wishes]) -> int:
    """Examine a training without the app, and print what is wrong with it.

    TARGET is a script or a notebook (run cell by cell, its shell commands and magics left out); its own arguments
    follow after two dashes. Or it names a factory, module:function: called without arguments it gives model, loss
    function, optimizer and loader (as a tuple in this order, or a dict with the names model, loss, optimizer, loader;
    loss and optimizer may be None), and a plain loop of nndoctor's own trains them.

    \b
      nndoctor examine train.py
      nndoctor examine train.py -- --epochs 3 --lr 0.1
      nndoctor examine train.ipynb
      nndoctor examine -m package.train --budget 120
      nndoctor examine package.parts:make
      nndoctor examine train.py --symptom loss-becomes-nan --html report.html
      nndoctor examine train.py --json - | jq '.findings[].rule'

    The script runs in a scratch copy of its project, and what it writes there is thrown away; experiment trackers
    are muted. Large files are read where they are, and copied when they are opened for writing. On Linux, where the
    system allows it, the project and the folders beside it are overlaid as well, so that a write by absolute path or
    by native code is caught too; where it is not, and for paths farther off, such a write goes where it says. The
    report tells which under "writes".

    Exits with 0 if nothing is confirmed at or above --fail-on, 1 if something is, 2 for a mistake in the call or
    in a pack, 3 if the script could not be examined, 4 if time ran out first, 130 if interrupted.
    """
    return run(wishes)


def run(wishes: Wishes) -> int:
    """Does what the command promises; gives the exit code."""
    from nndoctor.commands import headless  # noqa: PLC0415 - pydantic and asyncio, which --help need not wait for

    files = outputs.checked({form: wishes[form] for form in ("json", "markdown", "html")})
    patient = patient_of(wishes["words"], wishes["module"], wishes["python"], wishes["budget"], wishes["rehearse"])
    patient = replace(patient, trials=not wishes["no_trials"])
    whole = rulebook_of(wishes["packs"])
    for probe in (*wishes["probe"], *wishes["skip"]):
        known(probe, whole.probes, "probe", "`nndoctor probes` lists them.")
    wish = headless.Wish(
        patient,
        _symptoms(wishes["symptom"], whole),
        _answers(wishes["answer"], whole),
        wishes["in_place"],
        wishes["probe"],
    )
    rulebook = headless.limited(whole, wishes["probe"], wishes["skip"])
    return visited(wish, rulebook, files, fail_on=wishes["fail_on"], lang=wishes["lang"], quiet=wishes["quiet"])


def visited(  # noqa: PLR0913 - one examination has so many wishes
    wish: Wish, rulebook: Rulebook, files: dict[str, str], *, fail_on: str, lang: Language, quiet: bool
) -> int:
    """Examines, prints, writes; gives the exit code."""
    from nndoctor.commands import headless  # noqa: PLC0415
    from nndoctor.commands.progress import Progress, Silence  # noqa: PLC0415
    from nndoctor.report.document import document  # noqa: PLC0415
    from nndoctor.report.terminal import terminal  # noqa: PLC0415

    teller = Silence() if quiet else Progress(sys.stderr, wish.patient.target, rulebook, lang)
    examination = headless.examined(wish, rulebook, teller)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    told = document(examination.case, examination.diagnosis, rulebook, lang, made)
    code = headless.exit_code(examination, rulebook, fail_on)
    why = headless.unseen(examination, code)
    seen = not why or examination.watch.iterations or told.findings
    if seen and outputs.STDOUT not in files.values():
        click.echo(terminal(told), nl=False)
    written = outputs.write(told, files)
    if why:
        click.echo(f"nndoctor: {why}", err=True)
    if not quiet:
        for path in written:
            click.echo(f"report: {path}", err=True)
        if not files:
            click.echo("No report written; --html report.html writes one with pictures.", err=True)
    return code


def _symptoms(given: tuple[str, ...], rulebook: Rulebook) -> tuple[str, ...]:
    from nndoctor.engine.standing import CHECK_UP  # noqa: PLC0415

    listing = "`nndoctor symptoms` lists them."
    return tuple(known(symptom, (*rulebook.symptoms, CHECK_UP), "symptom", listing) for symptom in given)


def _answers(given: tuple[str, ...], rulebook: Rulebook) -> dict[str, str]:
    answers = {}
    questions = {question.id: question for symptom in rulebook.symptoms.values() for question in symptom.questions}
    for answer in given:
        id_, equals, option = answer.partition("=")
        if not equals:
            raise Refusal(f"--answer {answer}: write QUESTION=OPTION. `nndoctor symptoms --json` lists both.")
        question = questions[known(id_, questions, "question", "`nndoctor symptoms --json` lists them.")]
        options = [*(known_option.id for known_option in question.options), UNSURE]
        answers[id_] = known(option, options, f"answer to {id_}", f"It takes one of {', '.join(options)}.")
    return answers
