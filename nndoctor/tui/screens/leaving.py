"""Leaving while a run is in progress: asked once, because the run ends with us."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nndoctor.tui.keys import Spoken
from nndoctor.tui.words import Words


class LeavingScreen(ModalScreen[bool], Spoken):
    """Dismissed with True to leave."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,q", "dismiss(True)", "key.leave", id="leave", key_display="y"),
        Binding("n,escape", "dismiss(False)", "key.stay", id="stay", key_display="n"),
    ]

    def __init__(self, words: Words) -> None:
        super().__init__(id="leaving")
        self._words = words
        self.speak(words)

    def compose(self) -> ComposeResult:
        """The question, and its two keys."""
        with Vertical(classes="dialog", id="leaving-text"):
            yield Static(Content.styled(self._words("leaving.question"), "bold"), markup=False)
            yield Static(Content(self._words("leaving.kept")), markup=False)
            keys = Content.assemble(
                ("y ", "bold $text-accent"),
                self._words("key.leave"),
                ("    n ", "bold $text-accent"),
                self._words("key.stay"),
            )
            yield Static(keys, classes="section", markup=False)
