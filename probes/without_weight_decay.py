"""What happens to the same script without weight decay?

The script is run once more, the weight decay of every optimizer 0. The loss over the last fifth of the steps is
compared with that of the watched run over the same steps; a third run with another seed shows how much of the
difference is chance.
"""

from nndoctor.comparison import tried
from nndoctor.intervention import WeightDecayOff
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: without weight decay", "zh": "实验：去掉权重衰减"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own weight decay", "zh": "原权重衰减下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite without it", "zh": "去掉权重衰减后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls without it", "zh": "去掉权重衰减后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own weight decay", "zh": "原权重衰减下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end without it", "zh": "去掉权重衰减后的最终损失"}},
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
    title = {"en": "Loss without weight decay", "zh": "去掉权重衰减后的损失"}
    return tried(bench, WeightDecayOff(), title, "no decay")
