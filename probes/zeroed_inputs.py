"""Does the network learn anything from its inputs?

The script is run once more with all floating inputs of its models set to zero. What is left to be learnt is how often
each answer is right. Where the loss falls as far without them, the network ignores its inputs, or they say nothing.
"""

from __future__ import annotations

from nndoctor.comparison import affordable, compare, picture, watched_curve
from nndoctor.intervention import InputsZeroed
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: inputs set to zero", "zh": "实验：输入置零"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "gain_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss is thanks to the inputs, relative to the loss at the start",
            "zh": "输入使损失降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same in standard errors", "zh": "该降幅与其标准误差之比"}},
        "fall_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall of the loss without inputs over the fall with them", "zh": "输入置零后的损失降幅与原降幅之比"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own inputs", "zh": "原输入下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with inputs of zero", "zh": "输入置零后的最终损失"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun."""
    curve, facts = watched_curve(bench.trace), Facts()
    found = compare(bench, curve, InputsZeroed(), affordable(bench, curve, 1))
    if found.as_is is None or found.treated is None:
        raise CannotMeasure("a loss was not finite")
    gain, fall = found.treated.value - found.as_is.value, found.start - found.as_is.value
    facts.put("gain_of_start", gain / found.scale, curve.place)
    facts.put("gain_over_noise", gain / found.noise)
    if fall > 3 * found.noise:
        facts.put("fall_share", (found.start - found.treated.value) / fall, curve.place)
    facts.put("loss_as_is", found.as_is.value)
    facts.put("loss_treated", found.treated.value)
    title = {"en": "Loss with inputs of zero", "zh": "输入置零时的损失"}
    facts.pictures.append(picture(title, {"as it is": found.curves[0], "inputs zero": found.curves[1]}))
    return facts
