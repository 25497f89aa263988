"""The loss curves of a run: which is the main one, and how high its windows lie.

A script may train several times (folds, pre-training), and several nets in turn (a GAN): a curve is what one line's
backward gave while one optimizer stepped. Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from nndoctor.case import Place
from nndoctor.seen import LossCall
from nndoctor.trace import Iteration, Trace

LONG_ENOUGH = 0.8
"""Trainings with this share of the steps of the longest are held to be its equals (folds, a sweep of rates)."""
EQUAL = 1e-3
"""A loss function's value and the loss that went backward agree to so much, relatively, if they are the same."""
BLOWN_UP = 0.5
"""First steps whose losses lie so much above the first loss, relatively, are no start but the harm of these steps."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One training: `steps` are the run's iteration numbers, a loss is None where it was not finite."""

    site: int
    optimizer: int
    place: Place | None
    steps: tuple[int, ...]
    losses: tuple[float | None, ...]
    stepped: int

    @property
    def span(self) -> int:
        """The run's iterations from its first step to its last: of a long run ever fewer losses are kept."""
        return self.steps[-1] + 1 - self.steps[0]

    def until(self, iteration: int | None) -> Curve:
        """The part before that iteration of the run; None for all of it."""
        if iteration is None:
            return self
        n = sum(step < iteration for step in self.steps)
        return Curve(self.site, self.optimizer, self.place, self.steps[:n], self.losses[:n], min(n, self.stepped))


@dataclass(frozen=True, slots=True)
class Level:
    """How high a stretch of losses lies: its median and that median's standard error; `finite` counts losses."""

    value: float
    error: float
    finite: int


def curves(trace: Trace) -> tuple[Curve, ...]:
    """All curves, in the order of their beginnings."""
    rows: dict[tuple[int, int], list[Iteration]] = defaultdict(list)
    for row, optimizer in zip(trace.iterations, _optimizers(trace), strict=True):
        rows[row.curve, optimizer].append(row)
    found = [
        Curve(
            site=site,
            optimizer=optimizer,
            place=trace.sites[site].place if site in trace.sites else None,
            steps=tuple(row.index for row in own),
            losses=tuple(row.loss for row in own),
            stepped=len(own) if optimizer != -1 else 0,
        )
        for (site, optimizer), own in rows.items()
    ]
    return tuple(sorted(found, key=lambda curve: curve.steps[0]))


def _optimizers(trace: Trace) -> list[int]:
    """For each row the optimizer that uses its gradient.

    Rows without a step of their own (micro-batches, iterations that were slept through) belong to the last one known
    of the same line: a new optimizer is never slept through. Those before the first step, to that.
    """
    filled = [row.optimizer for row in trace.iterations]
    for order in (range(len(filled)), reversed(range(len(filled)))):
        last: dict[int, int] = {}
        for index in order:
            site = trace.iterations[index].curve
            last[site] = filled[index] = filled[index] if filled[index] != -1 else last.get(site, -1)
    return filled


def main_curve(trace: Trace) -> Curve | None:
    """The training that matters: the longest; of equals the one that holds most parameters, then the best of them.

    The best, since a script that tries several rates on purpose is not ill for the worst of them.
    """
    found = curves(trace)
    if not found:
        return None
    longest = max(curve.stepped for curve in found)
    equals = [curve for curve in found if curve.stepped >= LONG_ENOUGH * longest]
    most = max(_size(trace, curve.optimizer) for curve in equals)
    return min((c for c in equals if _size(trace, c.optimizer) == most), key=_outcome)


def _size(trace: Trace, optimizer: int) -> int:
    """How many parameters the optimizer holds; whole models by names, since that is all that is known of some."""
    known = trace.optimizers.get(optimizer)
    return sum(len(group.parameters) for group in known.groups) if known is not None else 0


def _outcome(curve: Curve) -> float:
    """How much is left at the end of what the loss was at the start; nothing finite is the worst."""
    first, last = level(curve.losses[:10]), level(curve.losses[-max(10, len(curve.losses) // 10) :])
    if first is None or last is None or curve.losses[-1] is None:
        return math.inf
    return (last.value - first.value) / (abs(first.value) or 1.0)


def same_in(trace: Trace, curve: Curve, watched: Trace) -> Curve | None:
    """The curve of a rerun that corresponds to one of the watched run: same line, same place in the order."""
    order = [other.optimizer for other in curves(watched) if other.site == curve.site].index(curve.optimizer)
    candidates = [other for other in curves(trace) if other.site == curve.site]
    return candidates[order] if order < len(candidates) else None


def level(losses: Sequence[float | None]) -> Level | None:
    """The level of a stretch; None if no loss in it is finite.

    The error is from the spread of block medians, so that neighbours that resemble each other (an epoch that is not
    shuffled) do not feign precision.
    """
    values = [loss for loss in losses if loss is not None]
    if not values:
        return None
    middle = median(values)
    if len(values) < 4:
        return Level(middle, max(values) - min(values), len(values))
    alone = 1.2533 * spread(values) / math.sqrt(len(values))  # the median's error for normal noise
    parts = [median(part) for part in _parts(values, 4)]
    together = math.sqrt(sum((part - middle) ** 2 for part in parts) / 12)
    return Level(middle, max(alone, together), len(values))


def beginning(curve: Curve) -> Level | None:
    """The level of the first steps; that of the very first loss, which no step has touched, where they blow up."""
    first = level(curve.losses[: max(5, len(curve.losses) // 50)])
    untouched = curve.losses[0]
    if first is None or untouched is None or first.value <= untouched + BLOWN_UP * abs(untouched):
        return first
    return Level(untouched, 0.0, 1)


def scale_of(curve: Curve, first: Level) -> float:
    """By what falls and gains are measured: the size of the loss at the start, or its spread where that is near 0."""
    begun = [loss for loss in curve.losses[: max(20, len(curve.losses) // 10)] if loss is not None]
    blown_up = first.finite == 1 and len(begun) > 1
    return max(abs(first.value), 0.0 if blown_up else min(spread(begun), 10 * abs(first.value))) or 1.0


def blocks(losses: Sequence[float | None], most: int = 20) -> list[float]:
    """The medians of up to so many equal stretches, without those that have no finite loss."""
    count = max(1, min(most, len(losses) // 4))
    levels = [level(part) for part in _parts(losses, count)]
    return [one.value for one in levels if one is not None]


def _parts(values: Sequence[float | None] | list[float], count: int) -> Iterator[list[float]]:
    for number in range(count):
        part = values[number * len(values) // count : (number + 1) * len(values) // count]
        yield [value for value in part if value is not None]


def spread(values: Sequence[float]) -> float:
    """The standard deviation as the interquartile range tells it: a few spikes do not count."""
    ordered = sorted(values)
    quarter = len(ordered) // 4
    return (ordered[-1 - quarter] - ordered[quarter]) / 1.349


def loss_calls(trace: Trace, curve: Curve) -> tuple[LossCall, ...]:
    """The loss function's calls whose values are this curve's losses; () for a loss of several terms, or a custom one.

    A loss divided for accumulation is not the same value: it is no call of these.
    """
    losses = dict(zip(curve.steps, curve.losses, strict=True))
    calls = [call for call in trace.losses if not call.evaluating and call.iteration in losses]
    same = [call for call in calls if _agree(call.value, losses[call.iteration])]
    return tuple(same) if len({c.iteration for c in same}) >= 0.8 * len({c.iteration for c in calls}) else ()


def noise(losses: Sequence[float | None]) -> float:
    """How much neighbouring losses differ, as one loss's standard deviation: a slope does not count, nor do spikes."""
    steps = [b - a for a, b in pairwise(losses) if a is not None and b is not None]
    return spread(steps) / math.sqrt(2) if steps else 0.0


def _agree(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) <= EQUAL * max(abs(one), abs(other), 1e-12)


def blind_loss(calls: Sequence[LossCall]) -> float | None:
    """The loss of the best prediction that does not look at the input: label entropy, or variance of the targets.

    None for weighted or smoothed losses, sums, and functions whose best constant the records don't tell.
    """
    if not calls or any(c.weighted or c.label_smoothing or c.reduction != "mean" for c in calls):
        return None
    match calls[0].function:
        case "cross_entropy" | "nll_loss" | "binary_cross_entropy" | "binary_cross_entropy_with_logits":
            return _entropy(calls)
        case "mse_loss":
            return _variance(calls)
        case _:
            return None


def _entropy(calls: Sequence[LossCall]) -> float | None:
    counts: Counter[str] = Counter()
    for call in calls:
        counts.update({label: int(count) for label, count in call.label_counts.items()})
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values() if n) if total else None


def _variance(calls: Sequence[LossCall]) -> float | None:
    """Over all elements, or within columns where the target has few: a constant may differ by output."""
    targets = [call.target for call in calls if call.target.std is not None and call.target.mean is not None]
    if not targets:
        return None
    if all(target.channel_std and len(target.shape) == 2 for target in targets):
        columns = zip(*((zip(t.channel_mean, t.channel_std, strict=True)) for t in targets), strict=True)
        return sum(map(_pooled, columns)) / len(targets[0].channel_std)
    return _pooled([(target.mean or 0.0, target.std or 0.0) for target in targets])


def _pooled(moments: Sequence[tuple[float, float]]) -> float:
    means = [mean for mean, _ in moments]
    centre = sum(means) / len(means)
    return sum(std**2 + (mean - centre) ** 2 for mean, std in moments) / len(moments)
