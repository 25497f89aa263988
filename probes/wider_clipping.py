"""What happens to the same script with a wider limit for its gradients?

Where every gradient is cut far down, the limit sets the length of the steps. The script is run once more without its
own clipping, the norm cut to the ninth decile of what it was: nearly all gradients pass as they are. The loss over the
last fifth of the steps is compared with that of the watched run over the same steps; a third run with another seed
shows how much of the difference is chance.
"""

from nndoctor.clipping import ClippingReplaced, worst_of
from nndoctor.comparison import tried
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: wider clipping", "zh": "实验：放宽梯度裁剪"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own limit", "zh": "原裁剪上限下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with a wider one", "zh": "放宽裁剪上限后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with a wider one", "zh": "放宽裁剪上限后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own limit", "zh": "原裁剪上限下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with a wider one", "zh": "放宽裁剪上限后的最终损失"}},
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
    worst = worst_of(bench.trace.clippings.values())
    if worst is None or not worst.limit or worst.fitting_norm <= worst.limit:
        raise CannotMeasure("no gradients were clipped at nearly every step")
    title = {"en": "Loss with wider clipping", "zh": "放宽裁剪后的损失"}
    return tried(bench, ClippingReplaced(worst.fitting_norm), title, "wider")
