"""What packs say, read and sound: rules, symptoms, cards of probes; and what is wrong with a pack that is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nndoctor.rulebook.card import FactCard, ProbeCard
from nndoctor.rulebook.rule import Rule
from nndoctor.rulebook.symptom import Question, Symptom

ANSWER = "answer"
"""The first half of the full name of what the user said: `answer.<question>`."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and where; line and column count from 1. `hint` is what to do about it, if that is known."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """The problem as compilers put it."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class PackError(Exception):
    """Packs that can't be used, with everything that is wrong with them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keeps the problems, in the order of files and lines."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All packs together, by id; symptoms stand in the order in which they are offered."""

    rules: Mapping[str, Rule]
    symptoms: Mapping[str, Symptom]
    probes: Mapping[str, ProbeCard]

    def probe_of(self, fact: str) -> str | None:
        """The id of the probe that measures the fact of that full name; None for answers."""
        probe, _, quantity = fact.partition(".")
        card = self.probes.get(probe)
        return probe if card is not None and quantity in card.facts else None

    def fact_card(self, fact: str) -> FactCard | None:
        """What the fact of that full name is; an answer is a label, and says its question."""
        probe, _, quantity = fact.partition(".")
        if probe == ANSWER:
            question = self.question(quantity)
            if question is None:
                return None
            return FactCard(kind="label", says=question.ask, labels=tuple(option.id for option in question.options))
        card = self.probes.get(probe)
        return None if card is None else card.facts.get(quantity)

    def question(self, question: str) -> Question | None:
        """The question of that id, whichever symptom asks it."""
        asked = (asked for symptom in self.symptoms.values() for asked in symptom.questions)
        return next((found for found in asked if found.id == question), None)

    def effects(self, rule: str) -> frozenset[str]:
        """The symptoms and rules that a rule leads to, at whatever distance; itself only if it stands in a loop."""
        found: set[str] = set()
        ahead = [rule]
        while ahead:
            cause = self.rules.get(ahead.pop())
            fresh = set(cause.leads_to) - found if cause else set()
            found |= fresh
            ahead += fresh
        return frozenset(found)
