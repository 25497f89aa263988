"""`nndoctor symptoms`: the list of what can be complained of."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands.options import as_json, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language


@click.command(short_help="List every symptom.")
@as_json
@speaking
@with_packs
def symptoms(*, json_wanted: bool, lang: Language, packs: tuple[Path, ...]) -> int:
    """List every symptom; the first column is what --symptom takes, the second the curve that it looks like."""
    from nndoctor.commands.knowledge import plain, print_json, print_table  # noqa: PLC0415 - pydantic
    from nndoctor.report.sparkline import sparkline  # noqa: PLC0415

    written = rulebook_of(packs).symptoms.values()
    if json_wanted:
        print_json([plain(symptom) for symptom in written])
    else:
        print_table([(one.id, sparkline(one.curve), one.title.in_language(lang)) for one in written])
    return 0
