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
    """A text whose lines are broken anew for each width."""

    def __init__(self, content: Content) -> None:
        self._content = content

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
        rows = spans(self._content.plain, width)
        return Content("\n").join(starmap(lambda begin, end: self._content[begin:end], rows))


def flowing(content: Content) -> Content | Flowing:
    """The text so that it flows; what is ASCII only does so already."""
    return content if content.plain.isascii() else Flowing(content)
