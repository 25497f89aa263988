"""A curve over steps with the places marked where it stopped being finite; brings numpy, so import it on use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual_plot import HiResMode, LegendLocation, NumericAxisFormatter, PlotWidget

STEEP = 1000.0
"""From this ratio of the largest to the smallest value on, a curve is drawn on a logarithmic scale."""

MOST_TICKS = 4
_DRAWABLE = 1e30
_STYLES = ("curve--first", "curve--second", "curve--third")


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: (step, value) points, None where the value was not finite."""

    label: str
    points: Sequence[tuple[float, float | None]]


class FewTicks(NumericAxisFormatter):
    """Labels for the values of a low plot: with eight, two fell on one line and one of them was lost."""

    def get_ticks(self, min_: float, max_: float, max_ticks: int = MOST_TICKS) -> list[float]:
        """Half as many as the plot asks for."""
        return super().get_ticks(min_, max_, min(max_ticks, MOST_TICKS))


class PowersOfTen(NumericAxisFormatter):
    """Labels for values drawn as their logarithm."""

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Whole powers, no more than fit."""
        low, high = math.ceil(min_), math.floor(max_)
        if high <= low:
            return [min_, max_]
        return [float(power) for power in range(low, high + 1, max(1, (high - low) // 4))]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """As numbers, not as exponents."""
        return [f"{10**tick:.2g}" for tick in ticks]


class Curve(PlotWidget):
    """Up to three lines; what is not finite breaks the line and is marked by a vertical one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*_STYLES, "curve--mark"}

    def __init__(self, name: str = "curve", *, zoom: bool = False) -> None:
        super().__init__(classes=name, allow_pan_and_zoom=zoom)
        self.can_focus = zoom
        self._lines: tuple[Line, ...] = ()
        self._marks: tuple[tuple[float, str], ...] = ()
        self._logarithmic: bool | None = None

    def on_mount(self) -> None:
        """The plot clears itself when mounted, so the lines are drawn after that."""
        self.margin_top, self.margin_bottom, self.margin_left = 0, 1, 9
        self.call_after_refresh(self._redraw)

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        if self.is_mounted:
            self._redraw()

    def draw(
        self, lines: Sequence[Line], marks: Sequence[tuple[float, str]] = (), *, logarithmic: bool | None = None
    ) -> None:
        """Draws these lines; `logarithmic` None lets the values decide."""
        self._lines, self._marks, self._logarithmic = tuple(lines), tuple(marks), logarithmic
        if self.is_mounted:
            self._redraw()

    def _redraw(self) -> None:
        if not self.children:  # it came up on a screen that was left before the next refresh: its parts are gone
            return
        self.clear()
        values = [y for line in self._lines for _, y in line.points if y is not None and abs(y) < _DRAWABLE]
        logarithmic = _steep(values) if self._logarithmic is None else self._logarithmic and min(values, default=0) > 0
        self.set_y_formatter(PowersOfTen() if logarithmic else FewTicks())
        for line, style in zip(self._lines, _STYLES, strict=False):
            colour = str(self.get_component_rich_style(style, partial=True))
            for number, run in enumerate(_runs(line.points, logarithmic=logarithmic)):
                label = line.label if number == 0 and len(self._lines) > 1 else None
                xs, ys = [x for x, _ in run], [y for _, y in run]
                self.plot(xs, ys, line_style=colour, hires_mode=HiResMode.BRAILLE, label=label)
        for x, word in self._marks:
            self.add_v_line(x, str(self.get_component_rich_style("curve--mark", partial=True)), word)
        self._limit([math.log10(value) for value in values] if logarithmic else values)
        self.show_legend(LegendLocation.TOPRIGHT, is_visible=bool(self._marks) or len(self._lines) > 1)

    def _limit(self, values: Sequence[float]) -> None:
        """Sets both ranges: the plot's own raise where a line is flat at a large value."""
        steps = [x for line in self._lines for x, _ in line.points] + [x for x, _ in self._marks]
        self.set_xlimits(*_range(steps))
        self.set_ylimits(*_range(values))


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = 0.5 * max(abs(low), abs(high)) or 1.0
        return low - room, high + room
    return low, high


def _steep(values: Sequence[float]) -> bool:
    return bool(values) and min(values) > 0 and max(values) / min(values) > STEEP


def _runs(points: Sequence[tuple[float, float | None]], *, logarithmic: bool) -> list[list[tuple[float, float]]]:
    """The stretches between non-finite values; a single point is drawn as a short line."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None or abs(y) >= _DRAWABLE or (logarithmic and y <= 0):
            runs.append([])
        else:
            runs[-1].append((x, math.log10(y) if logarithmic else y))
    return [run if len(run) > 1 else run * 2 for run in runs if run]
