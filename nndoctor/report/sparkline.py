"""A curve of a few numbers on one line of text, a block of eight heights for each."""

from __future__ import annotations

from collections.abc import Sequence

HEIGHTS = "▁▂▃▄▅▆▇█"
GAP = "✗"


def sparkline(curve: Sequence[float | None]) -> str:
    """Heights from 0 to 1, None where the value is not finite."""
    last = len(HEIGHTS) - 1
    return "".join(GAP if height is None else HEIGHTS[min(last, int(height * len(HEIGHTS)))] for height in curve)
