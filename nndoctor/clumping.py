"""How much more alike the labels within a batch are than those of different batches: intraclass correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nndoctor.seen import TensorSeen

FEWEST = 5
"""Batches whose labels must have been seen."""


def label_clumping(batches: Sequence[Mapping[str, float]]) -> float | None:
    """The intraclass correlation from Pearson's chi-square of batches against labels (Fleiss and Cuzick, 1979)."""
    names = sorted({name for batch in batches for name in batch})
    if len(batches) < FEWEST or len(names) < 2:
        return None
    counts = np.array([[batch.get(name, 0.0) for name in names] for batch in batches])
    sizes = counts.sum(axis=1, keepdims=True)
    expected = sizes * counts.sum(axis=0) / counts.sum()
    size = float(sizes.mean())
    if size < 2:
        return None
    dispersion = float(((counts - expected) ** 2 / expected).sum()) / ((len(batches) - 1) * (len(names) - 1))
    return min(1.0, max(0.0, (dispersion - 1) / (size - 1)))


def value_clumping(targets: Sequence[TensorSeen]) -> float | None:
    """The same for numbers (several a sample, if need be), from the variance of the batches' means."""
    columns = [_columns(target) for target in targets]
    wide = min((len(column) for column in columns), default=0)
    if len(columns) < FEWEST or not wide:
        return None
    table = np.array([column[:wide] for column in columns])
    between, within = table[..., 0].var(axis=0, ddof=1).sum(), (table[..., 1] ** 2).mean(axis=0).sum()
    size, total = float(np.mean([target.shape[0] for target in targets])), float(between + within)
    if size < 2 or total == 0:
        return None
    return min(1.0, max(0.0, (size * float(between) / total - 1) / (size - 1)))


def _columns(target: TensorSeen) -> list[tuple[float, float]]:
    """Mean and standard deviation of each number of a sample's target; [] where they are not known."""
    if len(target.shape) == 2 and target.channel_mean:
        return list(zip(target.channel_mean, target.channel_std, strict=True))
    known = target.mean is not None and target.std is not None and len(target.shape) == 1
    return [(target.mean or 0.0, target.std or 0.0)] if known else []
