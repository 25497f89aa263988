"""Help for the screen under it: what this place is for, and every key that works there."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from nndoctor.tui.keys import Spoken
from nndoctor.tui.widgets.flowing import flowing
from nndoctor.tui.words import Words


class HelpScreen(ModalScreen[None], Spoken):
    """Any key that closes things closes it."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "key.close", id="close", key_display="esc"),
        Binding("j,down", "scroll(1)", "key.down", id="down", show=False),
        Binding("k,up", "scroll(-1)", "key.up", id="up", show=False),
    ]

    def __init__(self, words: Words, place: str, keys: list[Binding]) -> None:
        super().__init__(id="help")
        self._words = words
        self._place = place
        self._keys = keys
        self.speak(words)

    def compose(self) -> ComposeResult:
        """The text, then the keys."""
        with VerticalScroll(id="help-text", classes="dialog") as frame:
            frame.border_title = self._words("help.title", place=self._words(f"place.{self._place}"))
            frame.border_subtitle = self._words("help.close")
            yield Static(flowing(Content(self._words(f"help.{self._place}"))), markup=False)
            yield Static(Content(self._words("help.keys")), classes="section", markup=False)
            yield Static(key_table(self._keys), markup=False)

    def action_scroll(self, rows: int) -> None:
        """Scrolls the text."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)


def key_table(bindings: list[Binding]) -> Content:
    """The keys with what they do; keys that do the same stand on one row."""
    rows: dict[str, list[str]] = {}
    for binding in bindings:
        if binding.description:
            name = _NAMES.get(binding.key, binding.key)
            names = rows.setdefault(binding.description, [])
            if name not in names:
                names.append(name)
    keys = {does: _digits(names) for does, names in rows.items()}
    width = max((cell_len(names) for names in keys.values()), default=0)
    return Content("\n").join(
        Content.assemble((f" {names}{' ' * (width - cell_len(names))}  ", "bold $text-accent"), does)
        for does, names in keys.items()
    )


def _digits(names: list[str]) -> str:
    if len(names) > 2 and all(name.isdigit() for name in names):
        return f"{names[0]}–{names[-1]}"
    return " ".join(names)


_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "ctrl+p": "ctrl+p",
}
