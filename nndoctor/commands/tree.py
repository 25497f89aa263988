"""`nndoctor tree`: from each symptom to the causes behind it and the probes that tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nndoctor.commands.options import as_json, known, rulebook_of, speaking, with_packs
from nndoctor.report.words import Language, phrase

if TYPE_CHECKING:
    from nndoctor.rulebook.pack import Rulebook

Branch = dict[str, object]


@click.command(short_help="Print the decision tree.")
@click.argument("symptom", required=False)
@as_json
@speaking
@with_packs
def tree(*, symptom: str | None, json_wanted: bool, lang: Language, packs: tuple[Path, ...]) -> int:
    """Print the decision tree: under each symptom its questions and causes, under each cause what causes it.

    It is computed from the rules, so it is always what the examination goes by.
    """
    from nndoctor.commands.knowledge import print_json  # noqa: PLC0415 - pydantic

    rulebook = rulebook_of(packs)
    roots = list(rulebook.symptoms)
    if symptom is not None:
        roots = [known(symptom, roots, "symptom", "`nndoctor symptoms` lists them.")]
    if json_wanted:
        print_json([branch(root, rulebook, ()) for root in roots])
        return 0
    for root in roots:
        for row in _rows(root, rulebook, lang):
            click.echo(row)
    return 0


def branch(id_: str, rulebook: Rulebook, way: tuple[str, ...]) -> Branch:
    """What leads to a symptom or rule, and what leads to that; a rule that leads back to itself ends the branch."""
    causes = [rule.id for rule in rulebook.rules.values() if id_ in rule.leads_to and rule.id not in way]
    grown: Branch = {"id": id_}
    if id_ in rulebook.symptoms:
        grown["questions"] = [question.id for question in rulebook.symptoms[id_].questions]
    else:
        grown["probes"] = probes_of(id_, rulebook)
    grown["causes"] = [branch(cause, rulebook, (*way, cause)) for cause in causes]
    return grown


def probes_of(rule: str, rulebook: Rulebook) -> list[str]:
    """The probes whose facts decide a rule."""
    from nndoctor.rulebook.condition import facts_of  # noqa: PLC0415

    return sorted({probe for fact in facts_of(rulebook.rules[rule].when) if (probe := rulebook.probe_of(fact))})


def _rows(root: str, rulebook: Rulebook, lang: Language) -> Iterator[str]:
    symptom = rulebook.symptoms[root]
    yield f"{symptom.title.in_language(lang)}  {root}"
    for question in symptom.questions:
        yield f"  ? {question.ask.in_language(lang)}"
    yield from _causes(root, rulebook, lang, (root,))


def _causes(id_: str, rulebook: Rulebook, lang: Language, way: tuple[str, ...]) -> Iterator[str]:
    indent = "  " * len(way)
    for rule in rulebook.rules.values():
        if id_ in rule.leads_to and rule.id not in way:
            probes = ", ".join(probes_of(rule.id, rulebook))
            yield f"{indent}- {rule.title.in_language(lang)}  {rule.id}"
            yield f"{indent}    {phrase('probe', lang)}: {probes}"
            yield from _causes(rule.id, rulebook, lang, (*way, rule.id))
