"""The page of a rule: all that it says, its condition included, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from nndoctor.report import code
from nndoctor.report.words import Language, phrase, separator
from nndoctor.report.wrapping import WIDTH, wrapped
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
    "edit": (
        "`nndoctor fix` makes this change in your own file, where your code leaves no doubt how.",
        "如果您的代码足以确定改法，`nndoctor fix` 可以直接在您的文件中作此修改。",
    ),
}


def rule_page(rule: Rule, rulebook: Rulebook, lang: Language, width: int = WIDTH) -> str:
    """All that a rule says, in lines of at most so many cells."""
    return "\n".join(row.rstrip() for row in _Page(rulebook, lang, width).rows(rule))


@dataclass(frozen=True, slots=True)
class _Page:
    """What the rows need to know beside the rule."""

    rulebook: Rulebook
    lang: Language
    width: int

    def rows(self, rule: Rule) -> Iterator[str]:
        known = (rule.severity, rule.likelihood, *(("recorded",) if rule.recorded else ()))
        words = ", ".join(phrase(word, self.lang) for word in known)
        effects = separator(self.lang).join(map(self.title, rule.leads_to))
        yield code.line(rule.title.in_language(self.lang))
        yield f"{rule.id}  [{words}]"
        yield from wrapped(f"{phrase('leads_to', self.lang)} {effects}", width=self.width)
        yield from ("", phrase("why", self.lang), *self.prose(rule.why.in_language(self.lang)))
        yield from ("", self.word("when"), *self.condition(rule.when, INDENT))
        yield from ("", phrase("fix", self.lang), *self.prose(rule.remedy.do.in_language(self.lang)))
        for key in ("before", "after", "keras"):
            sample = code.block(getattr(rule.remedy, key))
            if sample:
                yield from ("", phrase(key, self.lang), *(f"{INDENT}{row}" for row in sample.split("\n")))
        if rule.remedy.planned:
            yield from ("", *self.prose(self.word("edit")))
        if rule.harmless:
            yield from ("", phrase("harmless", self.lang), *self.prose(rule.harmless.in_language(self.lang)))
        if rule.sources:
            yield from ("", phrase("sources", self.lang), *(f"{INDENT}{code.line(source)}" for source in rule.sources))

    def title(self, effect: str) -> str:
        named = self.rulebook.symptoms.get(effect) or self.rulebook.rules.get(effect)
        return code.line(named.title.in_language(self.lang)) if named else effect

    def word(self, key: str) -> str:
        return _WORDS[key][self.lang == "zh"]

    def prose(self, text: str) -> list[str]:
        return wrapped(code.prose(text), INDENT, self.width)

    def condition(self, condition: Condition, indent: str) -> Iterator[str]:
        match condition:
            case Leaf():
                yield from self.leaf(condition, indent)
            case Not():
                yield f"{indent}{self.word('not')}"
                yield from self.condition(condition.of, indent + INDENT)
            case All() | AnyOf():
                yield f"{indent}{self.word('all' if isinstance(condition, All) else 'any')}"
                for part in condition.of:
                    yield from self.condition(part, indent + INDENT)
            case _:
                assert_never(condition)

    def leaf(self, leaf: Leaf, indent: str) -> Iterator[str]:
        which = "" if leaf.layered is None else f"{self.word('some' if leaf.some else 'every')} "
        yield f"{indent}{leaf.fact} {which}{_compared(leaf.layered or leaf)}"
        card = self.rulebook.fact_card(leaf.fact)
        if card is not None:
            unit = f" [{card.unit}]" if card.unit else ""
            yield from wrapped(f"{code.line(card.says.in_language(self.lang))}{unit}", indent + INDENT, self.width)


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
