"""Interview: one question at a time, answered with a digit; not knowing is always an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.case import UNSURE
from nndoctor.tui.messages import AnswerTakenBack, QuestionAnswered
from nndoctor.tui.plain import block, line
from nndoctor.tui.screens.room import Room
from nndoctor.tui.widgets.choices import Choice, Choices
from nndoctor.tui.words import Words

if TYPE_CHECKING:
    from nndoctor.rulebook.symptom import Question


@dataclass(frozen=True, slots=True)
class Enquiry:
    """One question as it is put: why it is asked, how far the interview is, and what finds out otherwise.

    `finds_out` is the title and the cost of the probe that measures the same, or None. `said` are the questions
    answered so far, each with its answer.
    """

    question: Question
    about: str
    step: int
    steps: int
    finds_out: tuple[str, str] | None
    said: Sequence[tuple[str, str]]


class InterviewScreen(Room):
    """The question with its options; `u` takes the last answer back."""

    PLACE: ClassVar[str] = "interview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "unsure", "key.unsure", id="unsure"),
        Binding("u", "take_back", "key.take_back", id="take-back"),
        *(Binding(str(digit), f"answer({digit})", "key.answer", id=f"answer-{digit}", show=False) for digit in range(1, 10)),
    ]

    def __init__(self, words: Words, subject: str, enquiry: Enquiry) -> None:
        super().__init__(words, subject)
        self._enquiry = enquiry

    def furnish(self) -> Iterator[Widget]:
        """How far, the question, the options, what was said before."""
        yield Static("", id="how-far", markup=False)
        yield Static("", classes="question", id="ask", markup=False)
        yield Choices(self.words, "answers")
        with VerticalScroll(id="said", can_focus=False):
            yield Static("", markup=False)

    def on_mount(self) -> None:
        """Puts the first question."""
        self.query_one(Choices).rows.focus()
        self.put(self._enquiry)

    def put(self, enquiry: Enquiry) -> None:
        """Puts a question."""
        self._enquiry = enquiry
        language = self.words.language
        far = self.words("interview.step", step=enquiry.step, steps=enquiry.steps)
        self.query_one("#how-far", Static).update(
            Content.assemble((far, "bold $accent"), (f"   {line(enquiry.about)}", "$text-muted"))
        )
        self.query_one("#ask", Static).update(Content(block(enquiry.question.ask.in_language(language))))
        choices = self.query_one(Choices)
        choices.fill([*self._options(), self._unsure()])
        choices.rows.action_first()
        self.query_one("#said Static", Static).update(self._said())

    def action_answer(self, digit: int) -> None:
        """Answers with the option of that number."""
        options = self._enquiry.question.options
        if digit <= len(options):
            self._answer(options[digit - 1].id)

    def action_unsure(self) -> None:
        """Answers: I don't know."""
        self._answer(UNSURE)

    def action_take_back(self) -> None:
        """Takes the last answer back."""
        self.post_message(AnswerTakenBack())

    @on(Choices.Chosen)
    def _chosen(self, chosen: Choices.Chosen) -> None:
        self._answer(chosen.choice)

    def _answer(self, option: str) -> None:
        self.post_message(QuestionAnswered(self._enquiry.question.id, option))

    def _options(self) -> Iterator[Choice]:
        for number, option in enumerate(self._enquiry.question.options, start=1):
            says = line(option.says.in_language(self.words.language))
            yield Choice(option.id, Content.assemble((f" {number}  ", "$accent"), says))

    def _unsure(self) -> Choice:
        found = self._enquiry.finds_out
        remark = "" if found is None else "  " + self.words("interview.finds_out", probe=line(found[0]), cost=found[1])
        return Choice(UNSURE, Content.assemble((" 0  ", "$accent"), self.words("interview.unsure"), (remark, "$text-muted")))

    def _said(self) -> Content:
        if not self._enquiry.said:
            return Content("")
        rows = [Content.styled(self.words("interview.said"), "bold")]
        rows += [
            Content.assemble((f"  {line(asked)}", "$text-muted"), " → ", line(answer)) for asked, answer in self._enquiry.said
        ]
        return Content("\n").join(rows)
