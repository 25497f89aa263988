"""`nndoctor rules`: the list of all causes."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands.options import as_json, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language, phrase


@click.command(short_help="List every cause.")
@as_json
@speaking
@with_packs
def rules(*, json_wanted: bool, lang: Language, packs: tuple[Path, ...]) -> int:
    """List every cause that can be found."""
    from nndoctor.commands.knowledge import plain, print_json, print_table  # noqa: PLC0415 - pydantic

    written = rulebook_of(packs).rules.values()
    if json_wanted:
        print_json([plain(rule) for rule in written])
    else:
        print_table([(rule.id, phrase(rule.severity, lang), rule.title.in_language(lang)) for rule in written])
    return 0
