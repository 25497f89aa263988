"""Text that flows as its writing does: Textual breaks lines at spaces only, and Chinese has none."""

from __future__ import annotations

from itertools import starmap

from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

from nndoctor.report.wrapping import spans


class Flowing(Visual):
    """A text whose lines are broken anew for each width; `hang` stands before the later lines of a paragraph."""

    def __init__(self, content: Content, hang: str = "") -> None:
        self._content = content
        self._hang = hang

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """The lines; a word that is wider than they are is folded by Textual."""
        return self._broken(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """As wide as the text is without breaking it."""
        return self._content.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """The number of lines."""
        return self._broken(width).get_height(rules, width)

    def _broken(self, width: int) -> Content:
        return Content("\n").join(starmap(self._row, spans(self._content.plain, width - len(self._hang))))

    def _row(self, begin: int, end: int) -> Content:
        row = self._content[begin:end]
        return row if begin == 0 or self._content.plain[begin - 1] == "\n" else Content(self._hang) + row


def flowing(content: Content) -> Content | Flowing:
    """The text so that it flows; what is ASCII only does so already."""
    return content if content.plain.isascii() else Flowing(content)
