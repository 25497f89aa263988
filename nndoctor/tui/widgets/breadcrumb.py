"""The top line: where in the visit the user stands, and whose training is examined."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from nndoctor.tui.plain import line
from nndoctor.tui.themes import QUIET

_BETWEEN = " › "


class Breadcrumb(Widget):
    """The places of the visit in their order, the present one marked."""

    ALLOW_SELECT = False

    def __init__(self, places: tuple[str, ...], present: int, subject: str = "") -> None:
        super().__init__(id="breadcrumb")
        self._places = places
        self._present = present
        self._subject = line(subject)

    def render(self) -> Content:
        """The line; the subject stands at the right end where there is room for it."""
        parts: list[tuple[str, str]] = [(" nndoctor ", "bold $primary"), (" ", "")]
        for index, place in enumerate(self._places):
            style = "bold reverse" if index == self._present else "" if index < self._present else QUIET
            parts += [(_BETWEEN, QUIET)] if index else []
            parts.append((f" {place} " if index == self._present else place, style))
        trail = Content.assemble(*parts)
        room = self.size.width - trail.cell_length - 2
        if not self._subject or room < cell_len(self._subject):
            return trail
        return trail + Content.styled(self._subject.rjust(len(self._subject) + room - cell_len(self._subject)), QUIET)
