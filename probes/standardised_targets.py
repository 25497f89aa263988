"""What happens to the same script with its regression targets brought to mean 0 and spread 1?

The script is run once more, with the gradient of the loss of standardised targets; the loss itself is told in the units
of the script, so that both runs can be compared. The loss over the last fifth of the steps is held against that of the
watched run over the same steps. A third run with another seed shows how much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import tried
from nndoctor.given import TargetsStandardised
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: standardised targets", "zh": "实验：目标标准化"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the targets as they are", "zh": "原目标下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with standardised ones", "zh": "目标标准化后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with standardised ones", "zh": "目标标准化后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the targets as they are", "zh": "原目标下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with standardised ones", "zh": "目标标准化后的最终损失"}},
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
    change = TargetsStandardised()
    return tried(bench, change, {"en": "Loss with standardised targets", "zh": "目标标准化后的损失"}, "standardised")
