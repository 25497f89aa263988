"""`nndoctor explain`: one rule in full."""

from __future__ import annotations

from pathlib import Path

import click

from nndoctor.commands.options import as_json, known, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language


@click.command(short_help="Print all that is known of one cause.")
@click.argument("rule")
@as_json
@speaking
@with_packs
def explain(*, rule: str, json_wanted: bool, lang: Language, packs: tuple[Path, ...]) -> int:
    """Print all that is known of one cause: why it hurts, how it is recognised, how to fix it.

    \b
      nndoctor explain loss/softmax-before-cross-entropy
      nndoctor explain softmax-before-cross-entropy --lang zh
    """
    from nndoctor.commands.knowledge import plain, print_json  # noqa: PLC0415 - pydantic
    from nndoctor.report.rule_page import rule_page  # noqa: PLC0415

    rulebook = rulebook_of(packs)
    whole = [id_ for id_ in rulebook.rules if id_.partition("/")[2] == rule]
    id_ = whole[0] if len(whole) == 1 else known(rule, rulebook.rules, "rule", "`nndoctor rules` lists them.")
    written = rulebook.rules[id_]
    if json_wanted:
        print_json(plain(written))
    else:
        click.echo(rule_page(written, rulebook, lang))
    return 0
