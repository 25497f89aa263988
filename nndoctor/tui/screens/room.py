"""What every place of the visit has: the trail above, the keys below, and a way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import Widget

from nndoctor.tui.keys import Spoken
from nndoctor.tui.messages import StepBackWanted
from nndoctor.tui.widgets.breadcrumb import Breadcrumb
from nndoctor.tui.widgets.key_line import KeyLine
from nndoctor.tui.words import Words

PLACES = ("intake", "symptoms", "interview", "examination", "diagnosis", "export")
"""The places of a visit in their order; the names of the screens' modules, and of their words in the catalogue."""


class Room(Screen[None], Spoken):
    """One place of the visit; a subclass names its PLACE and furnishes its body."""

    PLACE: ClassVar[str]
    FOREMOST: ClassVar[tuple[str, ...]] = ()
    """Ids of the keys that are shown first; there is room for three beside back, help and quit."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "step_back", "key.back", id="back", key_display="esc")]

    def __init__(self, words: Words, subject: str = "") -> None:
        super().__init__(id=self.PLACE)
        self.words = words
        self.subject = subject
        self.speak(words)

    def compose(self) -> ComposeResult:
        """Trail, body, keys."""
        places = tuple(self.words(f"place.{place}") for place in PLACES)
        yield Breadcrumb(places, PLACES.index(self.PLACE), self.subject)
        with Vertical(id="body"):
            yield from self.furnish()
        yield KeyLine(self.FOREMOST)

    def furnish(self) -> Iterator[Widget]:
        """The widgets of this place."""
        yield from ()

    def action_step_back(self) -> None:
        """One step back; nothing is lost."""
        self.post_message(StepBackWanted())
