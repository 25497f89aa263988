"""What a model is given in evaluations, held against what it is given in training: by channel or feature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median
from typing import Literal

from nndoctor.case import Place
from nndoctor.evaluations import Evaluation, main_series
from nndoctor.given import SHIFTED, STRETCHED
from nndoctor.seen import TensorSeen
from nndoctor.trace import Trace

Moments = Sequence[tuple[float, float]]
"""Mean and spread of each channel or feature."""
COLOURS = 3
APART = 0.15
"""Means of colours that differ by less of their spread tell no order: greys, or a balanced white."""
FITS = 0.4
"""With the colours reversed the means must come so much nearer to those of training."""
FEWEST = 16
"""Of fewer samples on either side nothing is told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Between the inputs of the main evaluations and those of training, medians over channels or features.

    `shift` is the difference of the means in spreads of training, `ratio` that of the spreads, above 1. `reversed`:
    three colours fit those of training in the reverse order only; `coloured`: they are images of three colours.
    """

    shift: float
    ratio: float
    reversed: bool
    coloured: bool
    place: Place | None

    def by(self) -> Literal["statistics", "channels"]:
        """What may be amiss: the order of the "channels", or else the "statistics"."""
        alike = self.shift <= SHIFTED and self.ratio <= STRETCHED
        return "channels" if self.reversed or (self.coloured and alike) else "statistics"


def difference(trace: Trace) -> Difference | None:
    """None where either was not seen, or is no measurements."""
    looks = main_series(trace)
    if not looks:
        return None
    model, path = looks[-1].passes[0].model, None
    for path in dict.fromkeys(t.path for b in trace.batches if b.model == model for t in b.inputs if t.channel_std):
        training = _tensors(trace, model, path, looks, evaluating=False)
        looked = _tensors(trace, model, path, looks, evaluating=True)
        own, other = _pooled(training), _pooled(looked)
        if own and len(own) == len(other):
            return _compared(own, other, len(training[0].shape), looks[-1].place)
    return None


def _tensors(trace: Trace, model: int, path: str, looks: Sequence[Evaluation], *, evaluating: bool) -> list[TensorSeen]:
    loaders = {one.loader for look in looks for one in look.passes}
    times = {look.iteration for look in looks}
    return [
        tensor
        for batch in trace.batches
        if batch.model == model and batch.evaluating == evaluating
        if not evaluating or (batch.loader in loaders and batch.iteration in times)
        for tensor in batch.inputs
        if tensor.path == path and tensor.channel_std and not tensor.requires_grad
    ]


def _pooled(tensors: Sequence[TensorSeen]) -> Moments:
    sizes = {(len(tensor.shape), len(tensor.channel_std)) for tensor in tensors}
    if len(sizes) != 1 or sum(tensor.shape[0] for tensor in tensors) < FEWEST:
        return ()
    return [_together(column) for column in zip(*(_channels(tensor) for tensor in tensors), strict=True)]


def _channels(tensor: TensorSeen) -> Iterable[tuple[float, float, int]]:
    return ((m, s, tensor.shape[0]) for m, s in zip(tensor.channel_mean, tensor.channel_std, strict=True))


def _together(parts: Sequence[tuple[float, float, int]]) -> tuple[float, float]:
    count = sum(n for _, _, n in parts)
    mean = sum(m * n for m, _, n in parts) / count
    return mean, sqrt(sum((s * s + (m - mean) ** 2) * n for m, s, n in parts) / count)


def _compared(own: Moments, other: Moments, axes: int, place: Place | None) -> Difference | None:
    pairs = [(a, b) for a, b in zip(own, other, strict=True) if a[1] > 0 and b[1] > 0]
    if len(pairs) < max(1, len(own) / 2):
        return None
    ratios = [max(b[1] / a[1], a[1] / b[1]) for a, b in pairs]
    coloured = axes == COLOURS + 1 and len(own) == COLOURS
    return Difference(_shift(own, other), median(ratios), coloured and _reversed(own, other), coloured, place)


def _shift(own: Moments, other: Moments) -> float:
    return median(abs(b[0] - a[0]) / a[1] for a, b in zip(own, other, strict=True) if a[1] > 0)


def _reversed(own: Moments, other: Moments) -> bool:
    as_is, turned = (
        fmean(abs(b[0] - a[0]) / max(a[1], 1e-12) for a, b in zip(own, order, strict=True))
        for order in (other, other[::-1])
    )
    return as_is > APART and turned < FITS * as_is
