"""What happens to the same script with its reshapings made permutations?

Where view() or reshape() gives a shape that has the same axes in another order, permute() is called instead, and the
script is run once more. The loss over the last fifth of the steps is compared with that of the watched run over the
same steps. A third run with another seed shows how much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import tried
from nndoctor.given import AxesInOrder
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: axes permuted, not reshaped", "zh": "实验：用 permute 代替 reshape"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the reshaped axes", "zh": "按原样重塑时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with permuted ones", "zh": "改用 permute 后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with permuted ones", "zh": "改用 permute 后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the reshaped axes", "zh": "按原样重塑时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with permuted ones", "zh": "改用 permute 后的最终损失"}},
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
    change = AxesInOrder("reshaped")
    return tried(bench, change, {"en": "Loss with axes permuted", "zh": "改用 permute 后的损失"}, "permuted")
