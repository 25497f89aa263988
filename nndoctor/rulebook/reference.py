"""Whatever a pack names must exist and be of the right kind: facts, labels, probes, questions, symptoms and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from nndoctor.intervention import facts_of
from nndoctor.probe import Kind
from nndoctor.rulebook.condition import Clause, Comparison, Condition, Location, clauses
from nndoctor.rulebook.pack import ANSWER, Rulebook
from nndoctor.rulebook.page import meant
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Symptom

Sort = Literal["probe", "symptom", "rule"]
Dangling = tuple[str, Location, str, str]
"""A reference that leads nowhere: file, the way to the entry, what is wrong, hint."""


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named. `written` are the ids of all files, so that a broken file is one problem and not twenty."""

    book: Rulebook
    written: frozenset[tuple[Sort, str]]

    def known(self, *sorts: Sort) -> set[str]:
        """The ids of all files of these sorts, broken ones included."""
        return {id_ for sort, id_ in self.written if sort in sorts}

    def unread(self, sort: Sort) -> bool:
        """Is there a broken file of this sort, so that what it would have named is not known?"""
        read = {"probe": self.book.probes, "symptom": self.book.symptoms, "rule": self.book.rules}[sort]
        return not self.known(sort) <= set(read)


def known_facts(book: Rulebook) -> list[str]:
    """The full name of every fact that a probe measures or a question asks."""
    measured = [f"{card.id}.{name}" for card in book.probes.values() for name in card.facts]
    asked = [question.id for symptom in book.symptoms.values() for question in symptom.questions]
    return measured + [f"{ANSWER}.{question}" for question in asked]


def dangling(names: Names) -> Iterator[Dangling]:
    """Every reference in the rulebook that leads nowhere."""
    for rule in names.book.rules.values():
        for at, message, hint in _in_rule(rule, names):
            yield rule.file, at, message, hint
    for symptom in names.book.symptoms.values():
        for at, message, hint in _in_symptom(symptom, names):
            yield symptom.file, at, message, hint


def _in_rule(rule: Rule, names: Names) -> Iterator[tuple[Location, str, str]]:
    known = names.known("symptom", "rule")
    for index, effect in enumerate(rule.leads_to):
        if effect not in known:
            yield ("leads_to", index), f"there is no symptom or rule {effect!r}", meant(effect, known)
    yield from _in_condition(rule.when, ("when",), names)
    if rule.remedy.proof is not None:
        yield from _in_condition(rule.remedy.proof, ("remedy", "proof"), names)
    yield from _in_remedy(rule, names)


def _in_remedy(rule: Rule, names: Names) -> Iterator[tuple[Location, str, str]]:
    """The facts that what is done about it takes a place or a number from."""
    taken: list[tuple[Location, str]] = [(("remedy", "try"), fact) for fact in facts_of(rule.remedy.attempt or {})]
    for index, planned in enumerate(rule.remedy.planned):
        taken += [(("remedy", "edit", index), fact) for fact in (planned.at, *planned.measured())]
    for at, fact in taken:
        if names.book.fact_card(fact) is None and (wrong := unknown_fact(fact, names)) is not None:
            yield at, *wrong


def _in_symptom(symptom: Symptom, names: Names) -> Iterator[tuple[Location, str, str]]:
    if symptom.recognised_when is not None:
        yield from _in_condition(symptom.recognised_when, ("recognised_when",), names)
    probes = names.known("probe")
    for index, question in enumerate(symptom.questions):
        at: Location = ("questions", index)
        if question.probe is not None and question.probe not in probes:
            yield (*at, "probe"), f"there is no probe {question.probe!r}", meant(question.probe, probes)
        first = names.book.question(question.id)
        if first is not None and first != question:
            yield (*at, "id"), f"another symptom asks {question.id!r} in other words", "same id, same question"


def _in_condition(condition: Condition, at: Location, names: Names) -> Iterator[tuple[Location, str, str]]:
    for clause in clauses(condition):
        inner = (*at, *clause.at)
        card = names.book.fact_card(clause.leaf.fact)
        if card is None:
            wrong = unknown_fact(clause.leaf.fact, names)
            if wrong is not None:
                yield (*inner, "fact"), *wrong
        else:
            for message, hint in _misfits(clause, card.kind, card.labels):
                yield inner, message, hint


def unknown_fact(fact: str, names: Names) -> tuple[str, str] | None:
    """What is wrong with a fact's name, and a hint; None while a broken file may be where it is defined."""
    probe, dot, _ = fact.partition(".")
    if not dot:
        return f"{fact!r} is no full name", "<probe>.<quantity> or answer.<question>"
    hint = meant(fact, known_facts(names.book))
    if probe == ANSWER:
        return None if names.unread("symptom") else (f"no symptom asks {fact!r}", hint)
    if probe in names.known("probe") and probe not in names.book.probes:
        return None
    return f"no probe measures {fact!r}", hint


_CONSTANTS: dict[Kind, tuple[type[object], ...]] = {
    "number": (int, float),
    "by_layer": (int, float),
    "flag": (bool,),
    "label": (str,),
}
_WANTED: dict[Kind, str] = {
    "number": "above, at_least, below, at_most, or is with a number",
    "by_layer": "some: {...} or every: {...}, with above, at_least, below or at_most in it",
    "flag": "is: true or is: false",
    "label": "is or among, with labels",
}


def _misfits(clause: Clause, kind: Kind, labels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    comparison: Comparison = clause.leaf.layered or clause.leaf
    if (clause.leaf.layered is not None) != (kind == "by_layer"):
        yield f"{clause.leaf.fact} is of kind {kind}", _WANTED[kind]
        return
    for constant in comparison.constants():
        is_flag = isinstance(constant, bool)
        if not isinstance(constant, _CONSTANTS[kind]) or is_flag != (kind == "flag"):
            yield f"{clause.leaf.fact} is of kind {kind}", _WANTED[kind]
        elif labels and constant not in labels:
            yield (
                f"{clause.leaf.fact} is never {constant!r}",
                meant(str(constant), labels) or f"one of {', '.join(labels)}",
            )
