"""Can the network reach the numbers that it is to predict?

The last function bounds what a network can say: a ReLU gives nothing below 0, a sigmoid 0 to 1, a tanh -1 to 1. Targets
beyond that stay out of reach however long it trains, and a ReLU that should go below 0 gets no gradient there. How far
beyond they lie is a floor that the squared error can't fall through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

from nndoctor.layers import last_line
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall

CARD: Card = {
    "title": {"en": "Reach of the output", "zh": "输出的取值范围"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "bounded_by": {"kind": "label", "unit": "", "labels": (
            "nothing", "relu", "sigmoid", "tanh", "softmax", "softplus"), "says": {
            "en": "function at the end of the network that bounds its output",
            "zh": "网络末尾限制输出范围的函数"}},
        "unreachable_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the targets that lie beyond that function's range",
            "zh": "超出该函数取值范围的目标比例"}},
        "floor_over_variance": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "squared error that no training can take away, over the variance of the targets",
            "zh": "任何训练都无法消除的均方误差与目标方差之比"}},
    },
}  # fmt: skip
NUMBERS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def run(bench: Bench) -> Facts:
    """Holds the targets of the losses of numbers against the range of what made the output."""
    groups: Mapping[object, list[LossCall]] = defaultdict(list)
    for call in bench.trace.losses:
        if call.function in NUMBERS and not call.evaluating and call.input.requires_grad:
            groups[call.place and call.place.spot].append(call)
    if not groups:
        raise CannotMeasure("no loss of numbers was computed in training")
    bounded = [calls for calls in groups.values() if all(call.bounded_by for call in calls)]
    facts = Facts()
    if not bounded:
        facts.put("bounded_by", "nothing")
        facts.put("unreachable_share", 0.0)
        return facts
    worst = max(bounded, key=_floor)
    kind, place = worst[0].bounded_by, worst[0].place
    line = last_line(bench.trace, kind)
    facts.put("bounded_by", kind, line, place)
    facts.put("unreachable_share", fmean(call.beyond or 0.0 for call in worst), place)
    facts.put("floor_over_variance", _floor(worst), place)
    return facts


def _floor(calls: list[LossCall]) -> float:
    floors = [call.floor for call in calls if call.floor is not None]
    return fmean(floors) if floors else 0.0
