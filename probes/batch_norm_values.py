"""Over how many values does batch normalisation take its mean and spread?

For each channel it is the samples of a batch times the pixels. Over two values, whatever they are, the larger becomes 1
and the smaller -1, and nearly no gradient comes back; over four, the noise is still as large as the signal.
"""

from __future__ import annotations

import math
from statistics import median

from nndoctor.layers import operations
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Values under batch normalisation", "zh": "批归一化所用的数值个数"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "present": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "batch normalisation was computed in training", "zh": "训练中使用了批归一化"}},
        "fewest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "values per channel (samples of a batch times pixels) that it averages where they are fewest",
            "zh": "批归一化在每个通道上统计的数值个数（批内样本数 × 像素数），取最少的一层"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the operations of the training forwards that were watched closely."""
    watched = [ops for _, ops in operations(bench.trace) if ops]
    kinds = [part.kind for model in bench.trace.models.values() for part in model.modules]
    if not watched and (not kinds or any("BatchNorm" in kind for kind in kinds)):
        raise CannotMeasure("no operation of a training forward was seen")
    facts, normalised = Facts(), [[op for op in ops if op.name == "batch_norm" and op.shapes] for ops in watched]
    facts.put("present", any(normalised))
    if any(normalised):
        # an epoch's last batch may be a small one: that is no habit
        smallest = [min(ops, key=lambda op: _values(op.shapes[0])) for ops in normalised if ops]
        facts.put("fewest", median(_values(op.shapes[0]) for op in smallest), smallest[0].place)
    return facts


def _values(shape: tuple[int, ...]) -> float:
    return math.prod(shape) / max(1, shape[1] if len(shape) > 1 else 1)
