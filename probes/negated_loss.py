"""Does the loss have an end if it goes the other way?

A loss that runs away below zero has no lower end: nothing can be learnt by lowering it. Where it is a likelihood, a
reward or a similarity that should have been raised, the same script with the sign of what goes backward turned settles:
that way there is an end. A quantity that runs away in both directions is another matter.
"""

from __future__ import annotations

from nndoctor.comparison import affordable, compare, picture, watched_curve
from nndoctor.curve import beginning
from nndoctor.loss_changes import LossNegated
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: loss with the other sign", "zh": "实验：损失取反"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "end_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "size of the loss at the end with the other sign, over its size at the start",
            "zh": "取反后最终损失的绝对值与起始值之比"}},
        "as_is_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same as the script is", "zh": "原样运行时的同一比值"}},
        "moved": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "with the other sign the loss changes clearly too", "zh": "取反后损失也有明显变化"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun with what goes backward negated."""
    curve = watched_curve(bench.trace)
    found = compare(bench, curve, LossNegated(), affordable(bench, curve, 1))
    own, treated = found.curves
    begin = beginning(treated)
    if found.treated is None or begin is None or not begin.value:
        raise CannotMeasure("the loss with the other sign did not end finite")
    size = abs(begin.value)
    facts = Facts()
    facts.put("end_over_start", abs(found.treated.value) / size, curve.place)
    if found.as_is is not None:
        facts.put("as_is_over_start", abs(found.as_is.value) / size, curve.place)
    facts.put("moved", abs(found.treated.value - begin.value) > 3 * (found.treated.error + begin.error))
    title = {"en": "Loss with the other sign", "zh": "损失取反后的曲线"}
    facts.pictures.append(picture(title, {"as it is": own, "negated": treated}))
    return facts
