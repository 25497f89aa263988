"""Which question comes next: one that belongs to a complaint, and whose answer something still waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nndoctor.case import Case, Fact
from nndoctor.engine.judge import Answer, judge
from nndoctor.engine.standing import CHECK_UP, Standing
from nndoctor.rulebook.condition import Condition
from nndoctor.rulebook.pack import ANSWER, Rulebook
from nndoctor.rulebook.symptom import Question


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the user this question, which belongs to that symptom."""

    question: Question
    symptom: str


def open_questions(case: Case, standing: Standing, rulebook: Rulebook) -> tuple[Ask, ...]:
    """All that is still to be asked, in order; nothing at a check-up. An answered question is never asked again."""
    if CHECK_UP in case.symptoms:
        return ()
    looked = all(probe in case.evidence for probe, card in rulebook.probes.items() if card.cost == "free")
    asks: dict[str, Ask] = {}
    for ask in _questions(standing, rulebook):
        due = looked or not ask.question.once_measured
        if due and ask.question.id not in {*case.answers, *asks} and _decides(ask.question, case, standing, rulebook):
            asks[ask.question.id] = ask
    return tuple(asks.values())


def _questions(standing: Standing, rulebook: Rulebook) -> Iterator[Ask]:
    for complaint in standing.complaints:
        symptom = rulebook.symptoms.get(complaint)
        for question in symptom.questions if symptom else ():
            yield Ask(question, complaint)


def _decides(question: Question, case: Case, standing: Standing, rulebook: Rulebook) -> bool:
    """Whether some open condition may yet hold by an answer to it: all else that it lacks can still be had."""
    fact = f"{ANSWER}.{question.id}"
    for condition in _open_conditions(fact, standing, rulebook):
        for option in question.options:
            verdict = judge(condition, {**standing.facts, fact: Fact(option.id)})
            missing = {rulebook.probe_of(lacked) for lacked in verdict.lacks}
            if verdict.answer is not Answer.NO and missing.isdisjoint(case.evidence):
                return True
    return False


def _open_conditions(fact: str, standing: Standing, rulebook: Rulebook) -> Iterator[Condition]:
    """Those of rules and of recognisers that wait for this fact."""
    judged = ((standing.rules[rule.id], rule.when) for rule in rulebook.rules.values())
    recognised = (
        (standing.symptoms[symptom.id], symptom.recognised_when)
        for symptom in rulebook.symptoms.values()
        if symptom.recognised_when is not None
    )
    for verdict, condition in (*judged, *recognised):
        if fact in verdict.lacks:
            yield condition
