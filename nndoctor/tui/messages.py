"""What the screens tell the app, and what the lab tells it: everything that moves between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:  # 20 ms of dataclasses that the first frame does not need
    from nndoctor.case import Patient, Place
    from nndoctor.wire import News

ReportFormat = Literal["markdown", "html", "json"]


class PatientChosen(Message):
    """The user named the training to examine."""

    def __init__(self, patient: Patient) -> None:
        super().__init__()
        self.patient = patient


class CaseReopened(Message):
    """The user wants a saved case back."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path


class SymptomsNamed(Message):
    """The user has said what is wrong; nothing means a check-up."""

    def __init__(self, symptoms: tuple[str, ...]) -> None:
        super().__init__()
        self.symptoms = symptoms


class QuestionAnswered(Message):
    """The user answered the question on the screen, with one of its options or with UNSURE."""

    def __init__(self, question: str, answer: str) -> None:
        super().__init__()
        self.question = question
        self.answer = answer


class AnswerTakenBack(Message):
    """The user wants the last question again."""


class ExaminationWanted(Message):
    """The user wants the examination to go on, or to begin."""


class RunCancelled(Message):
    """The user wants the current run ended; what was seen until then is kept, and the visit goes on."""


class DiagnosisWanted(Message):
    """The user wants the diagnosis: at the end, or now with what is known."""


class ReportWanted(Message):
    """The user wants to take the diagnosis along: opens the report screen."""


class ReportOrdered(Message):
    """The user said which report to write, and where."""

    def __init__(self, form: ReportFormat, path: Path) -> None:
        super().__init__()
        self.form = form
        self.path = path


class StepBackWanted(Message):
    """The user wants the place before this one; nothing is lost."""


class EditorWanted(Message):
    """The user wants a line of the source in the editor."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


class RulePageWanted(Message):
    """The user wants to read all that a rule says, its condition included."""

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.rule = rule


class CopyWanted(Message):
    """The user wants a text on the clipboard; `what` is the word for it."""

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self.text = text
        self.what = what


class NewsArrived(Message):
    """The lab has said something."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news
