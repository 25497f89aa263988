"""Has the softmax anything to choose from?

Softmax shares one whole among the classes. With a single output that one gets all of it, whatever its score: the
probability is always 1, the cross-entropy always 0, and so is every gradient.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Outputs of a classifier", "zh": "分类器的输出个数"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "single_unit": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "cross-entropy is given a single score for each sample, at every step",
            "zh": "交叉熵每一步得到的都是每个样本仅一个得分"}},
        "loss_is_zero": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "and its value is 0 at every step", "zh": "并且其值每一步都是 0"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the shapes and values of all training calls of cross-entropy."""
    calls = [call for call in bench.trace.losses if call.function == "cross_entropy" and not call.evaluating]
    if not calls:
        raise CannotMeasure("no cross-entropy was computed in training")
    facts, place = Facts(), calls[0].place
    facts.put("single_unit", all(call.input.shape[1:2] == (1,) for call in calls), place)
    facts.put("loss_is_zero", all(call.value == 0 for call in calls), place)
    return facts
