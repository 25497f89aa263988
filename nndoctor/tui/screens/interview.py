"""Interview: one question at a time, answered with a digit; not knowing is always an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.case import UNSURE
from nndoctor.tui.enquiry import Enquiry
from nndoctor.tui.messages import AnswerTakenBack, ExaminationWanted, QuestionAnswered
from nndoctor.tui.plain import block, line
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.choices import Choice, Choices
from nndoctor.tui.widgets.flowing import Flowing, flowing
from nndoctor.tui.words import Words

GO_ON = "go-on"


class InterviewScreen(Room):
    """The question with its options; `u` takes the last answer back."""

    CSS_PATH = "interview.tcss"
    PLACE: ClassVar[str] = "interview"
    FOREMOST: ClassVar[tuple[str, ...]] = ("choose", "unsure", "take-back")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "unsure", "key.unsure", id="unsure"),
        Binding("u", "take_back", "key.take_back", id="take-back"),
        *(
            Binding(str(digit), f"answer({digit})", "key.answer", id=f"answer-{digit}", show=False)
            for digit in range(1, 10)
        ),
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
        """Puts a question; when all is said, offers to go on."""
        self._enquiry = enquiry
        question = enquiry.question
        if question is None:
            far, ask = self.words("interview.step_done"), self.words("interview.done")
        else:
            far = self.words("interview.step", step=enquiry.step, steps=enquiry.steps)
            ask = block(question.ask.in_language(self.words.language))
        told = Content.assemble((far, "bold $text-accent"), (f"   {line(enquiry.about)}", QUIET))
        self.query_one("#how-far", Static).update(told)
        self.query_one("#ask", Static).update(flowing(Content(ask)))
        choices = self.query_one(Choices)
        choices.fill(list(self._options()))
        choices.rows.action_first()
        self.query_one("#said Static", Static).update(self._said())

    def action_answer(self, digit: int) -> None:
        """Answers with the option of that number."""
        options = self._enquiry.question.options if self._enquiry.question else ()
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
        if self._enquiry.question is not None:
            self.post_message(QuestionAnswered(self._enquiry.question.id, option))
        elif option == GO_ON:
            self.post_message(ExaminationWanted())

    def _options(self) -> Iterator[Choice]:
        if self._enquiry.question is None:
            yield Choice(GO_ON, Content(" " + self.words("interview.go_on")))
            return
        for number, option in enumerate(self._enquiry.question.options, start=1):
            says = line(option.says.in_language(self.words.language))
            yield Choice(option.id, Content.assemble((f" {number}  ", "$text-accent"), says))
        remark = f"  {line(self._enquiry.finds_out)}" if self._enquiry.finds_out else ""
        unsure = Content.assemble((" 0  ", "$text-accent"), self.words("interview.unsure"), (remark, QUIET))
        yield Choice(UNSURE, unsure)

    def _said(self) -> Content | Flowing:
        if not self._enquiry.said:
            return Content("")
        rows = [Content.styled(self.words("interview.said"), "bold $text-primary")]
        for asked, answer in self._enquiry.said:
            rows.append(Content.assemble((line(asked), QUIET), " → ", line(answer)))
        return flowing(Content("\n").join(rows))
