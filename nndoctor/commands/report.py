"""`nndoctor report`: a report in another format, from a saved one."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands import outputs
from nndoctor.commands.options import rulebook_of, speaking, with_packs
from nndoctor.commands.saved import case_in
from nndoctor.report.words import Language


@click.command(short_help="Make a report from a saved one.")
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--json", metavar="FILE", help="Write JSON; - is stdout.")
@click.option("--markdown", metavar="FILE", help="Write Markdown; - is stdout.")
@click.option("--html", metavar="FILE", help="Write one HTML file.")
@speaking
@with_packs
def report(  # noqa: PLR0913 - click's way
    *, case: Path, json: str | None, markdown: str | None, html: str | None, lang: Language, packs: tuple[Path, ...]
) -> int:
    """Make a report from a JSON report or a saved case, without running anything.

    \b
      nndoctor report case.json --html report.html
      nndoctor report case.json --markdown - --lang zh
    """
    from nndoctor.engine.diagnose import diagnose  # noqa: PLC0415 - pydantic
    from nndoctor.report.document import document  # noqa: PLC0415
    from nndoctor.report.terminal import terminal  # noqa: PLC0415

    files = outputs.checked({"json": json, "markdown": markdown, "html": html})
    known, made = case_in(case)
    rulebook = rulebook_of(packs)
    told = document(known, diagnose(known, rulebook), rulebook, lang, made)
    if not files:
        click.echo(terminal(told), nl=False)
    for path in outputs.write(told, files):
        click.echo(f"report: {path}", err=True)
    return 0
