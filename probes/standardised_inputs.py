"""What happens to the same script with its inputs brought to mean 0 and spread 1?

The script is run once more, every floating input of its models standardised by feature or channel on the way in, for
as many iterations as the time left allows. The loss over the last fifth of the steps is compared with that of the
watched run over the same steps. A third run with another seed shows how much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import tried
from nndoctor.intervention import InputsStandardised
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: standardised inputs", "zh": "实验：输入标准化"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own inputs", "zh": "原输入下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with standardised ones", "zh": "输入标准化后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with standardised ones", "zh": "输入标准化后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own inputs", "zh": "原输入下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with standardised ones", "zh": "输入标准化后的最终损失"}},
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
        bench, InputsStandardised(), {"en": "Loss with standardised inputs", "zh": "输入标准化后的损失"}, "standardised"
    )
