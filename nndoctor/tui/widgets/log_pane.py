"""The user's own output, line by line, following its end until the user scrolls away from it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nndoctor.tui.keys import Spoken
from nndoctor.tui.transcript import Transcript
from nndoctor.tui.words import Words


class LogPane(ScrollView, Spoken):
    """Draws only the lines in view, so that a script which prints a lot costs no more than one which is silent."""

    can_focus = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_down", "key.down", id="down", show=False),
        Binding("k,up", "scroll_up", "key.up", id="up", show=False),
        Binding("g,home", "scroll_home", "key.first", id="first", show=False),
        Binding("G,end", "scroll_end", "key.last", id="last", show=False),
    ]

    def __init__(self, words: Words, transcript: Transcript) -> None:
        super().__init__(id="log-pane")
        self.border_title = words("examination.output")
        self.speak(words)
        self._transcript = transcript
        self._widest = 0

    def follow(self, transcript: Transcript | None = None) -> None:
        """Shows what was printed since; stays at the end if it was there."""
        if transcript is not None:
            self._transcript = transcript
        at_end = self.scroll_offset.y >= self.max_scroll_y
        count = len(self._transcript)
        self._widest = max(
            [self._widest, *(cell_len(self._transcript[row]) for row in range(max(0, count - 64), count))]
        )
        self.virtual_size = Size(self._widest, count)
        if at_end:
            self.scroll_end(animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the pane, always as wide as the pane."""
        left, top = self.scroll_offset
        row = top + y
        width = self.scrollable_content_region.width
        text = self._transcript[row] if row < len(self._transcript) else ""
        strip = Strip([Segment(text, self.rich_style)]).crop(left, left + width)
        return strip.adjust_cell_length(width, self.rich_style)
