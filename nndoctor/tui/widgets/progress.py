"""How far the current run is: a bar, iterations, time gone and time left."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from nndoctor.tui.words import Words


def clock(seconds: float) -> str:
    """Seconds as 0:05, 12:34 or 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


class Progress(Widget):
    """One line; `show` gives it its words, the bar takes the room that they leave."""

    ALLOW_SELECT = False

    def __init__(self, words: Words) -> None:
        super().__init__(id="progress")
        self._words = words
        self._what = ""
        self._behind = ""
        self._share: float | None = None

    def show(self, what: str, share: float | None, behind: str) -> None:
        """`what` stands before the bar and `behind` after it; no bar without a share."""
        if (what, share, behind) != (self._what, self._share, self._behind):
            self._what, self._share, self._behind = what, share, behind
            self.refresh()

    def render(self) -> Content:
        """The line."""
        what = Content.styled(f" {self._what} ", "bold")
        behind = Content.styled(f" {self._behind}", "")
        if self._share is None:
            return what + behind
        room = self.size.width - what.cell_length - behind.cell_length - 7
        cells = max(0, min(60, room))
        full = round(cells * self._share)
        return Content.assemble(
            what, ("█" * full, "$primary"), ("░" * (cells - full), "$primary 40%"), f" {self._share:4.0%} ", behind
        )
