"""Does the same script tell the rare classes apart, if each class counts the same?

The script is run once more, each sample's error weighed by how rare its class is. A network that does not look at its
inputs then loses the logarithm of the number of classes, whatever it names; one that ends well below that can tell the
classes apart, and named only the frequent one because that was nearly always right.
"""

from __future__ import annotations

import math

from nndoctor.comparison import affordable, compare, picture, watched_curve
from nndoctor.curve import loss_calls
from nndoctor.data_changes import ClassesBalanced
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: each class counts the same", "zh": "实验：各类别同等计入损失"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "loss_over_blind": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with classes that count the same, over that of an answer that ignores the input",
            "zh": "各类别同等计入时的最终损失与“不看输入的回答”的损失之比"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun."""
    curve = watched_curve(bench.trace)
    classes = {label for call in loss_calls(bench.trace, curve) for label in call.label_counts}
    if len(classes) < 2:
        raise CannotMeasure("what goes backward is not one loss of torch's for classes")
    found = compare(bench, curve, ClassesBalanced(), affordable(bench, curve, 1))
    if found.treated is None:
        raise CannotMeasure("with weighed classes the loss did not stay finite")
    facts = Facts()
    facts.put("loss_over_blind", found.treated.value / math.log(len(classes)), curve.place)
    title = {"en": "Loss with classes that count the same", "zh": "各类别同等计入时的损失"}
    facts.pictures.append(picture(title, {"as it is": found.curves[0], "classes weighed": found.curves[1]}))
    return facts
