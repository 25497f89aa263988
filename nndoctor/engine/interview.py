"""Which question comes next: one that belongs to a complaint, and whose answer something still waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nndoctor.case import Case
from nndoctor.engine.judge import Answer
from nndoctor.engine.standing import CHECK_UP, Standing
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
    verdicts = (*standing.rules.values(), *standing.symptoms.values())
    lacking = {fact for verdict in verdicts if verdict.answer is Answer.UNKNOWN for fact in verdict.lacks}
    asks: dict[str, Ask] = {}
    for ask in _questions(standing, rulebook):
        if ask.question.id not in case.answers and f"{ANSWER}.{ask.question.id}" in lacking:
            asks.setdefault(ask.question.id, ask)
    return tuple(asks.values())


def _questions(standing: Standing, rulebook: Rulebook) -> Iterator[Ask]:
    for complaint in standing.complaints:
        symptom = rulebook.symptoms.get(complaint)
        for question in symptom.questions if symptom else ():
            yield Ask(question, complaint)
