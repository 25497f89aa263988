"""What the rulebook says, as text and as plain data: the pages that explain, rules, probes, symptoms and tree print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

import click
from pydantic import BaseModel

from nndoctor.report import code
from nndoctor.report.terminal import cells, wrapped
from nndoctor.report.words import Language, phrase, separator
from nndoctor.rulebook.condition import BOUNDS, All, AnyOf, Comparison, Condition, Leaf, Not
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.rule import Rule

INDENT = "   "
_SIGNS: Mapping[str, str] = dict(zip(BOUNDS, (">", "≥", "<", "≤"), strict=True))
_WORDS: Mapping[str, tuple[str, str]] = {
    "all": ("all of:", "全部满足："),
    "any": ("any of:", "任一满足："),
    "not": ("not:", "不满足："),
    "some": ("some layer", "某一层"),
    "every": ("every layer", "每一层"),
    "when": ("When", "条件"),
}


def print_json(value: object) -> None:
    """Prints plain data as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def plain(model: BaseModel) -> dict[str, object]:
    """What is written in a pack, under the names it has there."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Prints columns as wide as their widest cell, the last one as it comes."""
    widths = [max((cells(row[column]) for row in rows), default=0) for column in range(len(rows[0]) if rows else 0)]
    for row in rows:
        padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row[:-1], widths, strict=False)]
        click.echo("  ".join([*padded, row[-1]]).rstrip())


def rule_page(rule: Rule, rulebook: Rulebook, lang: Language) -> str:
    """All that a rule says."""
    words = (rule.severity, rule.likelihood)
    effects = separator(lang).join(_title(effect, rulebook, lang) for effect in rule.leads_to)
    rows = [
        code.line(rule.title.in_language(lang)),
        f"{rule.id}  [{', '.join(phrase(word, lang) for word in words)}]",
        *wrapped(f"{phrase('leads_to', lang)} {effects}"),
        *_headed(phrase("why", lang), _prose(rule.why.in_language(lang))),
        *_headed(_word("when", lang), list(_condition(rule.when, rulebook, lang, INDENT))),
        *_headed(phrase("fix", lang), _prose(rule.remedy.do.in_language(lang))),
    ]
    for key in ("before", "after", "keras"):
        sample = code.block(getattr(rule.remedy, key))
        if sample:
            rows += _headed(phrase(key, lang), [f"{INDENT}{row}" for row in sample.split("\n")])
    if rule.harmless:
        rows += _headed(phrase("harmless", lang), _prose(rule.harmless.in_language(lang)))
    if rule.sources:
        rows += _headed(phrase("sources", lang), [f"{INDENT}{code.line(source)}" for source in rule.sources])
    return "\n".join(row.rstrip() for row in rows)


def _title(effect: str, rulebook: Rulebook, lang: Language) -> str:
    named = rulebook.symptoms.get(effect) or rulebook.rules.get(effect)
    return code.line(named.title.in_language(lang)) if named else effect


def _word(key: str, lang: Language) -> str:
    return _WORDS[key][lang == "zh"]


def _headed(head: str, rows: list[str]) -> list[str]:
    return ["", head, *rows]


def _prose(text: str) -> list[str]:
    return wrapped(code.prose(text), INDENT)


def _condition(condition: Condition, rulebook: Rulebook, lang: Language, indent: str) -> Iterator[str]:
    match condition:
        case Leaf():
            yield from _leaf(condition, rulebook, lang, indent)
        case Not():
            yield f"{indent}{_word('not', lang)}"
            yield from _condition(condition.of, rulebook, lang, indent + INDENT)
        case All() | AnyOf():
            yield f"{indent}{_word('all' if isinstance(condition, All) else 'any', lang)}"
            for part in condition.of:
                yield from _condition(part, rulebook, lang, indent + INDENT)
        case _:
            assert_never(condition)


def _leaf(leaf: Leaf, rulebook: Rulebook, lang: Language, indent: str) -> Iterator[str]:
    which = "" if leaf.layered is None else f"{_word('some' if leaf.some else 'every', lang)} "
    yield f"{indent}{leaf.fact} {which}{_compared(leaf.layered or leaf)}"
    card = rulebook.fact_card(leaf.fact)
    if card is not None:
        unit = f" [{card.unit}]" if card.unit else ""
        yield from wrapped(f"{code.line(card.says.in_language(lang))}{unit}", indent + INDENT)


def _compared(comparison: Comparison) -> str:
    bound = comparison.bound()
    if bound is not None:
        return f"{_SIGNS[bound[0]]} {bound[1]:g}"
    return f"= {' | '.join(_constant(constant) for constant in comparison.constants())}"


def _constant(constant: bool | float | str) -> str:  # noqa: FBT001 - a value, not a switch
    match constant:
        case bool():
            return "true" if constant else "false"
        case str():
            return constant
        case _:
            return f"{constant:g}"
