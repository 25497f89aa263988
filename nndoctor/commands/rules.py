"""`nndoctor rules`: the list of all causes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nndoctor.commands.options import as_json, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language, phrase

if TYPE_CHECKING:
    from nndoctor.rulebook.rule import Rule


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
        print_table([(rule.id, phrase(rule.severity, lang), _title(rule, lang)) for rule in written])
    return 0


def _title(rule: Rule, lang: Language) -> str:
    title = rule.title.in_language(lang)
    return f"{title} [{phrase('recorded', lang)}]" if rule.recorded else title
