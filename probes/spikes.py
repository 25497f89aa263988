"""Does the loss leap up in the middle of the training, and come down again?

A loss is held against the median of those just before it. A spike is a few losses in a row that lie above by far more
than these scatter, and are followed by a return: a single hard batch is none, nor is a rise that stays, nor one that
takes a twentieth of the training or longer to be learnt away (another task, a new stage).
"""

from __future__ import annotations

from statistics import median

from nndoctor.curve import Curve, main_curve, spread
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Spikes of the loss", "zh": "损失的尖峰"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "count": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "leaps of the loss that come down again", "zh": "损失突然跃升后又回落的次数"}},
        "height_over_fall": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "usual height of these leaps, relative to how far the loss had fallen",
            "zh": "这些跃升的典型高度与此前降幅之比"}},
    },
}  # fmt: skip
FEWEST = 100
"""In a shorter training every loss is one of the start."""
SEVERAL = 5
"""Losses in a row."""
FAR = 6.0
"""Spreads above the level before it."""


def run(bench: Bench) -> Facts:
    """How often, and how high."""
    curve = main_curve(bench.trace)
    if curve is None or len(curve.losses) < FEWEST or None in curve.losses:
        raise CannotMeasure(f"no training of {FEWEST} steps with a finite loss was seen")
    found = _spikes([loss for loss in curve.losses if loss is not None])
    facts = Facts()
    facts.put("count", len(found), curve.place, step=_first(curve, found))
    facts.put("height_over_fall", median(height for _, height in found) if found else 0.0, curve.place)
    return facts


def _first(curve: Curve, found: list[tuple[int, float]]) -> int | None:
    return curve.steps[found[0][0]] if found else None


def _spikes(losses: list[float]) -> list[tuple[int, float]]:
    """Where each begins, and how high it is, relative to the fall from the start to the lowest level before it."""
    before, longest = max(20, len(losses) // 20), len(losses) // 20
    start = median(losses[: max(5, len(losses) // 50)])
    lowest, at, found = start, before, list[tuple[int, float]]()
    while at < len(losses) - SEVERAL:
        past = losses[at - before : at]
        level, scatter = median(past), spread(past)
        lowest = min(lowest, level)
        length = _length(losses[at : at + longest + 1], level + max(FAR * scatter, 0.05 * (start - lowest)))
        if SEVERAL <= length <= longest and lowest < start:
            found.append((at, (median(losses[at : at + length]) - level) / (start - lowest)))
        at += max(1, length)
    return found


def _length(losses: list[float], above: float) -> int:
    return next((i for i, loss in enumerate(losses) if loss <= above), len(losses))
