"""Is the first loss what an untrained network should give?

A classifier that does not yet prefer any of its C classes loses ln C; a binary one loses ln 2; a regression that
still answers 0 loses the mean square of its targets. A first loss far above that comes from weights, inputs or targets
of the wrong scale, or from a loss that does not fit the output; one far below it, from an answer that leaks in.
Weights that were loaded or trained before are no such beginning.
"""

from __future__ import annotations

import math

from nndoctor.curve import loss_calls, main_curve
from nndoctor.learnt_before import trained_before
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall

CARD: Card = {
    "title": {"en": "Loss before the first step", "zh": "第一步之前的损失"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "value": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss of the first batch", "zh": "第一个批次的损失"}},
        "expected": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss that an untrained network should give: ln C, ln 2, or the mean square of the targets",
            "zh": "未训练的网络应有的损失：ln C、ln 2 或目标的均方值"}},
        "over_expected": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "first loss over the expected one", "zh": "首个损失与应有损失之比"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """The first loss beside what the loss function lets expect."""
    trace = bench.trace
    curve = main_curve(trace)
    if curve is None:
        raise CannotMeasure("no backward pass was seen")
    if trained_before(trace, curve):
        raise CannotMeasure("the weights were loaded or had been trained before")
    calls = loss_calls(trace, curve)
    expected = _expected(calls)
    if expected is None:
        raise CannotMeasure("for this loss it is not known what an untrained network should give")
    first = curve.losses[0]
    if first is None:
        raise CannotMeasure("the first loss is not finite")
    facts = Facts()
    facts.put("value", first, calls[0].place, curve.place)
    facts.put("expected", expected, calls[0].place)
    facts.put("over_expected", first / expected, calls[0].place, step=calls[0].iteration)
    return facts


def _expected(calls: tuple[LossCall, ...]) -> float | None:
    if not calls or calls[0].reduction != "mean":
        return None
    first = calls[0]
    match first.function:
        # uniform answers give ln C with label smoothing and class weights too
        case "cross_entropy" | "nll_loss" if first.classes is not None and first.classes > 1:
            return math.log(first.classes)
        case "binary_cross_entropy_with_logits" | "binary_cross_entropy" if not first.weighted:
            return math.log(2)
        case "mse_loss" if first.target.mean is not None and first.target.std is not None:
            return (first.target.mean**2 + first.target.std**2) or None
        case _:
            return None
