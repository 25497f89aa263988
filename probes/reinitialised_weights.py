"""What happens to the same script with its weights started anew, each layer at the scale that keeps the signal?

The script is run once more; the weights that are trained from a start of their own are drawn afresh before the first
step (He et al., Delving Deep into Rectifiers, 2015), those from a file stay. All else is as it was. The loss over the
last fifth of the steps is compared with that of the watched run over the same steps. A third run with another seed
shows how much of the difference is chance: a start that was merely unlucky is no illness.
"""

from __future__ import annotations

from nndoctor.comparison import tried
from nndoctor.intervention import WeightsReinitialised
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: weights started anew", "zh": "实验：重新初始化权重"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own start values", "zh": "原初始值下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with weights started anew", "zh": "重新初始化权重后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with weights started anew", "zh": "重新初始化权重后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own start values", "zh": "原初始值下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with weights started anew", "zh": "重新初始化权重后的最终损失"}},
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
    return tried(
        bench, WeightsReinitialised(), {"en": "Loss with weights started anew", "zh": "重新初始化权重后的损失"}, "anew"
    )
