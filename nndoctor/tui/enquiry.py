"""One question as it is put to the user: why it is asked, how far the interview is, and what finds out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nndoctor.case import UNSURE
from nndoctor.engine.interview import open_questions
from nndoctor.engine.standing import stand
from nndoctor.rulebook.pack import Rulebook
from nndoctor.rulebook.symptom import Question
from nndoctor.tui.words import Words
from nndoctor.visit import Visit


@dataclass(frozen=True, slots=True)
class Enquiry:
    """`question` is None once all is said; `said` are the questions answered so far, each with its answer."""

    question: Question | None
    about: str
    step: int
    steps: int
    finds_out: str
    said: Sequence[tuple[str, str]]


def enquiry(visit: Visit, words: Words) -> Enquiry:
    """What is to be asked now. The number of steps is an estimate: answers can make questions needless."""
    case, rulebook = visit.case, visit.rulebook
    left = open_questions(case, stand(case, rulebook), rulebook)
    answered = len(case.answers)
    said = [
        (_asked(question, rulebook, words), _answer(question, answer, rulebook, words))
        for question, answer in case.answers.items()
    ]
    if not left:
        return Enquiry(None, "", answered, answered, "", said)
    ask = left[0]
    about = rulebook.symptoms[ask.symptom].title.in_language(words.language)
    return Enquiry(
        ask.question, about, answered + 1, answered + len(left), _finds_out(ask.question, rulebook, words), said
    )


def _finds_out(question: Question, rulebook: Rulebook, words: Words) -> str:
    card = rulebook.probes.get(question.probe or "")
    if card is None:
        return ""
    title = card.title.in_language(words.language)
    return words("interview.finds_out", probe=title, cost=words(f"cost.{card.cost}"))


def _asked(question: str, rulebook: Rulebook, words: Words) -> str:
    known = rulebook.question(question)
    return question if known is None else known.ask.in_language(words.language)


def _answer(question: str, answer: str, rulebook: Rulebook, words: Words) -> str:
    if answer == UNSURE:
        return words("interview.unsure")
    known = rulebook.question(question)
    option = next((one for one in known.options if one.id == answer), None) if known is not None else None
    return answer if option is None else option.says.in_language(words.language)
