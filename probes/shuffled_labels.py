"""Is anything learnt of the labels but by heart?

The script is run once more, each training sample with the label of another one, the same one each time. Such labels
can be learnt by heart only. Labels that belong to their inputs are learnt sooner than that, however well a network can
learn by heart; where the loss falls as fast without them, the script's own tell nothing of the inputs either.
"""

from __future__ import annotations

from nndoctor.comparison import affordable, compare, picture, watched_curve
from nndoctor.curve import blocks
from nndoctor.intervention import LabelsShuffled
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: labels of other samples", "zh": "实验：换用其他样本的标签"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "lead_of_fall": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the largest lead of the script's own labels over shuffled ones, relative to the fall of its loss",
            "zh": "原标签相对打乱后的标签的最大领先幅度与损失降幅之比"}},
        "fall_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall of the loss with shuffled labels over the fall with the script's own",
            "zh": "打乱标签后的损失降幅与原降幅之比"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own labels", "zh": "原标签下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with shuffled labels", "zh": "打乱标签后的最终损失"}},
    },
}  # fmt: skip
BLOCKS = 12


def run(bench: Bench) -> Facts:
    """One rerun."""
    curve, facts = watched_curve(bench.trace), Facts()
    found = compare(bench, curve, LabelsShuffled(), affordable(bench, curve, 1))
    own, treated = (blocks(one.losses, BLOCKS) for one in found.curves)
    if found.as_is is None or found.treated is None or len(own) != len(treated):
        raise CannotMeasure("a loss was not finite")
    fall = found.start - min(own)
    if fall <= 3 * found.noise:
        raise CannotMeasure("the loss does not fall as it is, so there is nothing to compare with")
    facts.put(
        "lead_of_fall", max(after - before for before, after in zip(own, treated, strict=True)) / fall, curve.place
    )
    facts.put("fall_share", (found.start - found.treated.value) / (found.start - found.as_is.value), curve.place)
    facts.put("loss_as_is", found.as_is.value)
    facts.put("loss_treated", found.treated.value)
    title = {"en": "Loss with labels of other samples", "zh": "换用其他样本标签时的损失"}
    facts.pictures.append(picture(title, {"as it is": found.curves[0], "labels shuffled": found.curves[1]}))
    return facts
