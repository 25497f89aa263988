"""Are gradients too small for float16?

float16 knows nothing between 0 and 6e-8; a gradient below that is rounded away. The script is run once more with its
loss multiplied by 65536 before it goes backward, and the gradients divided by it after. On paper nothing changes: if
the loss ends lower, it is because gradients were lost before. A third run with another seed shows how much is chance.
"""

from __future__ import annotations

from nndoctor.comparison import tried, watched_curve
from nndoctor.loss_changes import LossScaled
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: scaled loss", "zh": "实验：放大损失"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite as the script is", "zh": "原样运行时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with a scaled loss", "zh": "放大损失后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with a scaled loss", "zh": "放大损失后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end as the script is", "zh": "原样运行时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with a scaled loss", "zh": "放大损失后的最终损失"}},
        "gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to what it was", "zh": "损失因此降低的比例"}},
        "gain_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to the loss at the start",
            "zh": "损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same in standard errors, another seed's difference included",
            "zh": "该降幅与其标准误差之比（含随机种子的影响）"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun, and where it is better one more for the noise."""
    facts = tried(bench, LossScaled(), {"en": "Loss with scaled gradients", "zh": "放大梯度后的损失"}, "scaled")
    if (gain := facts.values.get("gain")) is not None:
        facts.put("gain", gain.value, watched_curve(bench.trace).place)
    return facts
