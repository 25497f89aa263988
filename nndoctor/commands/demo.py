"""`nndoctor demo`: a sick patient that ships with the package."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from nndoctor.case import Case, Patient
from nndoctor.commands import outputs
from nndoctor.commands.options import is_terminal, known, rulebook_of, speaking
from nndoctor.report.words import Language

PATIENTS = Path(__file__).resolve().parents[1] / "patients"
FAVOURITE = "sort_parts"
BUDGET = 300.0
REPORT = "nndoctor-report.html"


@click.command(short_help="Examine a sick patient that ships with nndoctor.")
@click.argument("patient", default=FAVOURITE)
@click.option("--headless", is_flag=True, help="Without the app, even where there is a terminal.")
@click.option("--html", default=REPORT, show_default=True, metavar="FILE", help="Where the report goes.")
@speaking
def demo(*, patient: str, headless: bool, html: str, lang: Language) -> int:
    """Examine a sick patient that ships with nndoctor: in the app where there is a terminal, else printed.

    A report lies in --html afterwards. Exits with 0 if something was found, as it should be.
    """
    patients = {path.stem: path for path in sorted(PATIENTS.glob("*.py"))}
    script = patients[known(patient, patients, "patient", f"There are {', '.join(patients)}.")]
    files = outputs.checked({"html": html})
    sick = Patient(script.name, "script", (), str(script.parent), seconds=BUDGET)
    click.echo(f"The patient: {script}", err=True)
    if is_terminal() and not headless:
        return _in_the_app(sick, files, lang)
    return _printed(sick, files, lang)


def _printed(sick: Patient, files: dict[str, str], lang: Language) -> int:
    from nndoctor.commands.examine import visited  # noqa: PLC0415 - pydantic
    from nndoctor.commands.headless import Wish  # noqa: PLC0415
    from nndoctor.commands.options import FOUND, UNEXAMINED  # noqa: PLC0415

    code = visited(Wish(sick), rulebook_of(()), files, fail_on="untidy", lang=lang, quiet=False)
    return {FOUND: 0, 0: UNEXAMINED}.get(code, code)  # this patient is sick: to find nothing is the failure


def _in_the_app(sick: Patient, files: dict[str, str], lang: Language) -> int:
    from nndoctor.tui.app import run_app  # noqa: PLC0415 - Textual
    from nndoctor.tui.surroundings import cases_folder  # noqa: PLC0415

    began = time.time()
    code = run_app(sick, (), lang)
    case = _seen_since(began, sick, cases_folder())
    if case is None:
        click.echo("No report: the patient was not examined.", err=True)
    else:
        _write(case, files, lang)
    return code


def _seen_since(began: float, sick: Patient, folder: Path) -> Case | None:
    """The newest case of that patient that the app has saved since then, if a probe was run in it."""
    from nndoctor.visit import load  # noqa: PLC0415 - pydantic

    newest = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest:
        if path.stat().st_mtime < began:
            return None
        with suppress(ValueError):
            case = load(path)
            if case.patient == sick and case.evidence:
                return case
    return None


def _write(case: Case, files: dict[str, str], lang: Language) -> None:
    from nndoctor.engine.diagnose import diagnose  # noqa: PLC0415
    from nndoctor.report.document import document  # noqa: PLC0415

    rulebook = rulebook_of(())
    made = datetime.now(UTC).isoformat(timespec="seconds")
    for path in outputs.write(document(case, diagnose(case, rulebook), rulebook, lang, made), files):
        click.echo(f"report: {path}", err=True)
