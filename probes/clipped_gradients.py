"""What happens to the same script when its gradients are clipped?

The script is run once more, the norm of all gradients cut to 1 before each step. The loss over the last fifth of the
steps is compared with that of the watched run over the same steps; a third run with another seed shows how much of the
difference is chance.
"""

from nndoctor.comparison import tried
from nndoctor.intervention import GradientsClipped
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: clipped gradients", "zh": "实验：梯度裁剪"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite without clipping", "zh": "不裁剪时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with clipping", "zh": "裁剪后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with clipping", "zh": "裁剪后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end without clipping", "zh": "不裁剪时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with clipping", "zh": "裁剪后的最终损失"}},
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
        bench, GradientsClipped(1.0), {"en": "Loss with clipped gradients", "zh": "梯度裁剪后的损失"}, "clipped"
    )
