"""`nndoctor probes`: the list of all measurements."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands.options import as_json, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language


@click.command(short_help="List every probe and what it measures.")
@as_json
@speaking
@with_packs
def probes(*, json_wanted: bool, lang: Language, packs: tuple[Path, ...]) -> int:
    """List every probe, what it costs and what it measures."""
    from nndoctor.commands.knowledge import plain, print_json, print_table  # noqa: PLC0415 - pydantic

    cards = rulebook_of(packs).probes.values()
    if json_wanted:
        print_json([plain(card) for card in cards])
        return 0
    rows: list[tuple[str, str, str]] = []
    for card in cards:
        rows.append((card.id, card.cost, card.title.in_language(lang)))
        rows += [(f"  .{name}", fact.kind, fact.says.in_language(lang)) for name, fact in card.facts.items()]
    print_table(rows)
    return 0
