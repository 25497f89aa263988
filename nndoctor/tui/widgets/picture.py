"""What a probe drew: a curve over steps, a strip of shades by layer, bars by name, images; and what it says of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.case import Picture, Series
from nndoctor.report.sparkline import GAP, sparkline
from nndoctor.tui.plain import line
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.curve import Curve, Line
from nndoctor.tui.widgets.flowing import flowing
from nndoctor.tui.widgets.images import Images
from nndoctor.tui.words import Words

MOST_ROWS = 14
_NAME_WIDTH = 26


class Drawing(Vertical):
    """A picture under its title, as high as it needs."""

    def __init__(self, picture: Picture, words: Words) -> None:
        super().__init__(classes=f"drawing {picture.kind}")
        self._picture = picture
        self._words = words

    def compose(self) -> ComposeResult:
        """Title and picture."""
        title = self._picture.title
        said = line(title.get(self._words.language) or title.get("en", ""))
        yield Static(Content.styled(said, "bold"), markup=False)
        if self._picture.kind == "curve":
            yield self._curve()
        elif self._picture.kind == "strip":
            yield Strip(self._picture)
        elif self._picture.kind == "images":
            yield Images(self._picture)
        else:
            yield Bars(self._picture)
        if note := self._picture.note.get(self._words.language) or self._picture.note.get("en", ""):
            yield Static(flowing(Content.styled(line(note), QUIET)), markup=False)

    def _curve(self) -> Curve:
        curve = Curve(zoom=True)
        marks = [(x, line(word)) for x, word in self._picture.marks]
        series = [Line(line(one.label), list(zip(one.x, one.y, strict=False))) for one in self._picture.series]
        curve.draw(series, marks, logarithmic=self._picture.logarithmic or None)
        return curve


class Bars(Widget):
    """A bar a name, the number behind it; of many the ends and the extremes are shown."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    def render(self) -> Content:
        """The rows of the first series."""
        if not self._picture.series:
            return Content("")
        series = self._picture.series[0]
        rows = _named(self._picture, series)
        scale = _scale([value for _, value in rows], logarithmic=self._picture.logarithmic)
        marked = {round(x): word for x, word in self._picture.marks}
        names = min(_NAME_WIDTH, max((cell_len(name) for name, _ in rows), default=1))
        room = max(8, min(48, self.size.width - names - 14))
        return Content("\n").join(
            _bar(_fitted(name, names), (value, scale[index]), room, marked.get(index, ""))
            for index, name, value in _kept(rows)
        )


class Strip(Widget):
    """Heights side by side, one column a layer, the lowest and the highest named below."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    def render(self) -> Content:
        """A line for each series."""
        every = [y for series in self._picture.series for y in series.y]
        scale = dict(zip(every, _scale(every, logarithmic=self._picture.logarithmic), strict=True))
        rows: list[Content] = []
        for series in self._picture.series[:MOST_ROWS]:
            rows.append(self._cells(series, scale))
            rows.extend(_extremes(self._picture, series))
        return Content("\n").join(rows)

    def _cells(self, series: Series, scale: dict[float | None, float | None]) -> Content:
        label = f"{line(series.label)[:16]} " if len(self._picture.series) > 1 else ""
        room = max(1, self.size.width - cell_len(label) - 1)
        wide = max(1, min(3, room // max(1, len(series.y))))
        cells = [_cell(scale[y], wide) for y in series.y[: room // wide]]
        return Content.assemble((label, QUIET), *cells)


def _cell(share: float | None, wide: int) -> tuple[str, str]:
    if share is None:
        return GAP * wide, "bold $error"
    return sparkline([share]) * wide, "$primary" if share > 0.25 else "$warning"


def _extremes(picture: Picture, series: Series) -> Iterator[Content]:
    finite = [(y, name) for _, name, y in _indexed(_named(picture, series)) if y is not None]
    if finite:
        low, high = min(finite), max(finite)
        said = f"{low[0]:.3g} {low[1]}  …  {high[0]:.3g} {high[1]}"
        yield Content.styled(said, QUIET)


def _named(picture: Picture, series: Series) -> list[tuple[str, float | None]]:
    names = [line(name) for name in picture.names] or [f"{x:g}" for x in series.x]
    return list(zip(names, series.y, strict=False))


def _indexed(rows: Sequence[tuple[str, float | None]]) -> list[tuple[int, str, float | None]]:
    return [(index, name, value) for index, (name, value) in enumerate(rows)]


def _kept(rows: Sequence[tuple[str, float | None]]) -> list[tuple[int, str, float | None]]:
    """At most MOST_ROWS of them, evenly chosen, the extremes among them."""
    every = _indexed(rows)
    if len(every) <= MOST_ROWS:
        return every
    finite = [(value, index) for index, _, value in every if value is not None]
    wanted = {round(step * (len(every) - 1) / (MOST_ROWS - 3)) for step in range(MOST_ROWS - 2)}
    wanted |= {min(finite)[1], max(finite)[1]} if finite else set()
    return [row for row in every if row[0] in wanted]


def _scale(values: Sequence[float | None], *, logarithmic: bool) -> list[float | None]:
    """Each value as a share of the largest, 0 to 1; by its logarithm, down to the smallest, where asked for."""
    finite = [abs(value) for value in values if value is not None and math.isfinite(value)]
    positive = [value for value in finite if value > 0]
    if logarithmic and positive:
        low, high = math.log10(min(positive)), math.log10(max(positive))
        room = (high - low) or 1.0
        return [None if y is None else 0.05 + 0.95 * (math.log10(abs(y)) - low) / room if y else 0.0 for y in values]
    top = max(finite, default=0.0) or 1.0
    return [None if value is None else abs(value) / top for value in values]


def _fitted(name: str, width: int) -> str:
    return set_cell_size(name if cell_len(name) <= width else name[: width - 1] + "…", width)


def _bar(label: str, drawn: tuple[float | None, float | None], room: int, mark: str) -> Content:
    value, share = drawn
    if value is None or share is None:
        return Content.assemble((f"{label} ", ""), ("✗", "bold $error"))
    full = max(1 if value else 0, round(share * room))
    return Content.assemble(
        (f"{label} ", QUIET),
        ("█" * full, "$primary"),
        f" {value:.3g}",
        (f"  ◂ {line(mark)}" if mark else "", "$warning"),
    )
