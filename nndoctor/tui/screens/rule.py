"""The page of a rule over the diagnosis: all that it says, and what it asks of the facts."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nndoctor.report.rule_page import rule_page
from nndoctor.report.wrapping import WIDTH
from nndoctor.rulebook.pack import Rulebook
from nndoctor.tui.keys import Spoken
from nndoctor.tui.words import Words

FRAME = 12
"""Cells beside the text: the screen's edge, border, padding, scrollbar."""


class RuleScreen(ModalScreen[None], Spoken):
    """Read like the detail, closed like the help."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,o,enter", "dismiss", "key.close", id="close", key_display="esc"),
        Binding("j,down", "scroll(1)", "key.down", id="down", show=False),
        Binding("k,up", "scroll(-1)", "key.up", id="up", show=False),
        Binding("space", "page(1)", "key.page_down", id="page-down", show=False),
        Binding("b", "page(-1)", "key.page_up", id="page-up", show=False),
    ]

    def __init__(self, words: Words, rulebook: Rulebook, rule: str) -> None:
        super().__init__(id="rule")
        self._words = words
        self._rulebook = rulebook
        self._rule = rule
        self.speak(words)

    def compose(self) -> ComposeResult:
        """The text, as wide as there is room."""
        width = min(WIDTH, self.app.size.width - FRAME)
        page = rule_page(self._rulebook.rules[self._rule], self._rulebook, self._words.language, width)
        with VerticalScroll(id="rule-text", classes="dialog") as frame:
            frame.border_title = self._words("rule.title")
            frame.border_subtitle = self._words("help.close")
            yield Static(Content(page), markup=False)

    def action_scroll(self, rows: int) -> None:
        """Scrolls the text."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Reads on, or back."""
        text = self.query_one(VerticalScroll)
        text.scroll_relative(y=pages * (text.size.height - 1), animate=False)
