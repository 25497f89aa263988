"""Images in a terminal: two dots in each character, one above the other, or more and less ink without colours."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from rich.cells import set_cell_size
from textual.color import Color
from textual.content import Content
from textual.geometry import Size
from textual.style import Style
from textual.widget import Widget

from nndoctor.case import Picture
from nndoctor.report.images import Dots, inked, paired, shrunk
from nndoctor.tui.encoding import Narrowed
from nndoctor.tui.plain import line
from nndoctor.tui.themes import QUIET

ABREAST = 4
FEWEST_CELLS, MOST_CELLS = 14, 28
"""Cells that an image is wide: below, a digit can't be read any more; above, few find room."""


class Images(Widget):
    """The images in rows of four, where there is room, each with its word below it."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the rows of images have in that width."""
        del container, viewport
        return len(list(self._lines(width)))

    def render(self) -> Content:
        """All rows."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> Iterator[Content]:
        cells = min(MOST_CELLS, max(FEWEST_CELLS, (width + 1) // ABREAST - 1))
        shown = [(rows, name) for rows, name in self._shrunk(cells) if rows]
        wide = max((len(rows[0]) for rows, _ in shown), default=1)
        abreast = max(1, (width + 1) // (wide + 1))
        for first in range(0, len(shown), abreast):
            few = shown[first : first + abreast]
            blank = Content(" " * wide)
            for parts in zip_longest(*(self._drawn(rows) for rows, _ in few), fillvalue=blank):
                yield Content(" ").join(parts)
            if any(name for _, name in few):
                yield Content.styled(" ".join(set_cell_size(name, wide) for _, name in few), QUIET)

    def _shrunk(self, cells: int) -> Iterator[tuple[Dots, str]]:
        names = map(line, self._picture.names[: len(self._picture.images)])
        for image, name in zip_longest(self._picture.images, names, fillvalue=""):
            if not isinstance(image, str):
                yield shrunk(image, cells), name

    def _drawn(self, rows: Dots) -> Iterator[Content]:
        if self.app.no_color or any(isinstance(one, Narrowed) for one in self.app.get_line_filters()):
            yield from map(Content, inked(rows))
            return
        for above, below in paired(rows):
            yield Content.assemble(
                *(
                    ("▀", Style(background=_colour(low), foreground=_colour(up)))
                    for up, low in zip(above, below, strict=True)
                )
            )


def _colour(dot: bytes) -> Color:
    red, green, blue = dot if len(dot) == 3 else (dot[0],) * 3
    return Color(red, green, blue)
