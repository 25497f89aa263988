"""Complaint: what the user sees, in the user's words, as many as apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.report.sparkline import sparkline
from nndoctor.tui.messages import SymptomsNamed
from nndoctor.tui.plain import line
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.choices import Choice, Choices
from nndoctor.tui.widgets.flowing import flowing
from nndoctor.tui.words import Words

CHECK_UP = "check-up"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A symptom as it is offered: its title, how people put it, and the curve that it looks like."""

    id: str
    title: str
    words: str
    curve: tuple[float | None, ...] = ()


class SymptomsScreen(Room):
    """The list of complaints; it is empty until the rulebook has been read."""

    CSS_PATH = "symptoms.tcss"
    PLACE: ClassVar[str] = "symptoms"
    FOREMOST: ClassVar[tuple[str, ...]] = ("tick", "choose", "filter")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick_this", "key.tick", id="tick", key_display="space"),
        *(
            Binding(str(digit), f"tick({digit})", "key.tick_number", id=f"tick-{digit}", show=False)
            for digit in range(1, 10)
        ),
    ]

    def __init__(self, words: Words, subject: str, chosen: Sequence[str] = ()) -> None:
        super().__init__(words, subject)
        self._symptoms: tuple[Complaint, ...] = ()
        self._chosen = list(chosen)

    def furnish(self) -> Iterator[Widget]:
        """Question, list, and the highlighted complaint in the words people use."""
        yield Static(self.words("symptoms.question"), classes="question", markup=False)
        with Container(classes="halves"):
            yield Choices(self.words, "complaints", "key.go_on")
            yield Static(self.words("symptoms.reading"), id="in-words", markup=False)

    def on_mount(self) -> None:
        """The keys work at once."""
        self.query_one(Choices).rows.focus()
        if self._symptoms:
            self._fill()

    def offer(self, complaints: Sequence[Complaint]) -> None:
        """Shows the complaints in their order; a check-up always comes first, whatever the packs say."""
        check_up = Complaint(CHECK_UP, self.words("symptoms.check_up"), self.words("symptoms.check_up_words"))
        given = next((one for one in complaints if one.id == CHECK_UP), check_up)
        self._symptoms = (given, *(one for one in complaints if one.id != CHECK_UP))
        if self.is_mounted:
            self._fill()

    def _fill(self) -> None:
        self.query_one(Choices).fill([self._row(index) for index in range(len(self._symptoms))])
        self._say(self.query_one(Choices).pointed)

    def action_tick(self, digit: int) -> None:
        """Ticks the complaint of that number, or takes the tick off."""
        if digit <= len(self._symptoms):
            self._tick(digit - 1)
            self.query_one(Choices).point_at(self._symptoms[digit - 1].id)

    def action_tick_this(self) -> None:
        """Ticks the highlighted complaint, or takes the tick off."""
        if (index := self._index(self.query_one(Choices).pointed)) is not None:
            self._tick(index)

    @on(Choices.Pointed)
    def _pointed(self, pointed: Choices.Pointed) -> None:
        self._say(pointed.choice)

    @on(Choices.Chosen)
    def _go_on(self, chosen: Choices.Chosen) -> None:
        """With nothing ticked the highlighted complaint is meant."""
        named = tuple(self._chosen) or (chosen.choice,)
        self.post_message(SymptomsNamed(named))

    def _tick(self, index: int) -> None:
        symptom = self._symptoms[index].id
        before = list(self._chosen)
        if symptom in self._chosen:
            self._chosen.remove(symptom)
        elif symptom == CHECK_UP:
            self._chosen = [CHECK_UP]  # a check-up is the absence of complaints
        else:
            self._chosen = [one for one in self._chosen if one != CHECK_UP] + [symptom]
        choices = self.query_one(Choices)
        for number, one in enumerate(self._symptoms):
            if (one.id in before) != (one.id in self._chosen):
                choices.replace(self._row(number))

    def _row(self, index: int) -> Choice:
        symptom = self._symptoms[index]
        digit = str(index + 1) if index < 9 else " "
        ticked = symptom.id in self._chosen
        title = line(symptom.title)
        shown = Content.assemble(
            ("[✓] " if ticked else "[ ] ", "bold $success" if ticked else QUIET),
            (f"{digit} ", "$accent"),
            (title, "bold" if ticked else ""),
            (f"  {sparkline(symptom.curve)}" if symptom.curve else "", "$primary"),
        )
        return Choice(symptom.id, shown)

    def _say(self, symptom: str) -> None:
        if (index := self._index(symptom)) is not None:
            said = " ".join(self._symptoms[index].words.split())
            self.query_one("#in-words", Static).update(flowing(Content(line(said))))

    def _index(self, symptom: str) -> int | None:
        return next((index for index, one in enumerate(self._symptoms) if one.id == symptom), None)
