"""Do the weights of the classes make up for how rare they are, or for how frequent?

Weights that undo an imbalance go down where the number of samples goes up: 1 / n, its root, or something between. Taken
from the shares themselves they go up with them, and a rare class counts less by the square of how rare it is.
Compared are the logarithms of the weights that the training's loss was given, and of the labels that it met.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from nndoctor.loss_calls import main_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Class weights", "zh": "类别权重"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "given": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a loss of torch's was given a weight for each class", "zh": "损失函数带有每个类别的权重"}},
        "slope": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "slope of the class weights over the number of samples, both as logarithms (-1: they make up for it; "
            "0 where classes are about as frequent as each other)",
            "zh": "类别权重随样本数变化的斜率（双对数；-1 表示正好抵消不平衡；各类样本数相近时记为 0）"}},
        "largest_over_smallest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest class weight over the smallest above 0", "zh": "最大类别权重与最小非零类别权重之比"}},
    },
}  # fmt: skip
UNEQUAL = 1.5
"""Counts nearer to each other than this may differ by chance, and weights are not made for them."""


def run(bench: Bench) -> Facts:
    """The weights that the training's main loss was given last, and all labels that it was given."""
    trace, facts = bench.trace, Facts()
    if not trace.iterations:
        raise CannotMeasure("nothing went backward")
    calls = [call for call in main_loss(trace) if call.class_weights and call.label_counts]
    facts.put("given", bool(calls), calls[-1].place if calls else None)
    if not calls:
        return facts
    weights, counts = calls[-1].class_weights, Counter[str]()
    for call in calls:
        counts.update({label: int(count) for label, count in call.label_counts.items()})
    points = [(counts[str(n)], weight) for n, weight in enumerate(weights) if weight > 0 and counts[str(n)]]
    facts.put("slope", _slope(points), calls[-1].place)
    given = [weight for weight in weights if weight > 0] or [1.0]
    facts.put("largest_over_smallest", max(given) / min(given), calls[-1].place)
    return facts


def _slope(points: Sequence[tuple[int, float]]) -> float:
    if len(points) < 2 or max(points)[0] < UNEQUAL * min(points)[0]:
        return 0.0
    logarithms = [(math.log(count), math.log(weight)) for count, weight in points]
    middle_x, middle_y = fmean(x for x, _ in logarithms), fmean(y for _, y in logarithms)
    along = sum((x - middle_x) ** 2 for x, _ in logarithms)
    return sum((x - middle_x) * (y - middle_y) for x, y in logarithms) / along
