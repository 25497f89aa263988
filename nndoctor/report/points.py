"""Which points of a series are drawn: few enough for a small file, with every peak and gap that the many show."""

from __future__ import annotations

import math

from nndoctor.case import Series

MOST_POINTS = 600
"""Points of a curve that are drawn; a picture is about 700 dots wide."""

LEAST, MOST = 1e-38, 1e38
"""Beyond these, those of single precision, axes overflow; an exploding loss is drawn at the edge."""


def finite(series: Series) -> list[float]:
    """The values of a series that can be drawn."""
    return [value for value in series.y if value is not None and math.isfinite(value)]


def thinned(series: Series, most: int = MOST_POINTS) -> Series:
    """The series with at most about so many points: of each stretch its lowest, its highest and its first gap."""
    if len(series.y) <= most:
        return series
    stretch = -(-3 * len(series.y) // most)
    kept: set[int] = {0, len(series.y) - 1}
    for begin in range(0, len(series.y), stretch):
        indices = range(begin, min(begin + stretch, len(series.y)))
        seen = sorted((value, index) for index in indices if (value := series.y[index]) is not None)
        gaps = [index for index in indices if series.y[index] is None]
        kept |= {seen[0][1], seen[-1][1]} if seen else set()
        kept |= set(gaps[:1])
    order = sorted(kept)
    return Series(series.label, tuple(series.x[i] for i in order), tuple(series.y[i] for i in order))


def drawable(value: float | None, *, logarithmic: bool) -> float:
    """The value within what an axis can hold, or NaN where there is none or a logarithmic axis has no place for it."""
    if value is None or (logarithmic and value <= 0):
        return math.nan
    size = min(max(abs(value), LEAST), MOST) if value else 0.0
    return math.copysign(size, value)
