"""What happens to the same script if its ReLU units let something through below zero?

A unit that is below zero for every sample has no gradient, and can't come back. But units also die where there is
nothing to be learnt, as the network ends up with a constant answer: then a slope below zero brings nothing. The script
is run once more with such a slope, and the loss over the last fifth of the steps is compared with that of the watched
run over the same steps. A third run with another seed shows how much of the difference is chance.
"""

from nndoctor.comparison import tried
from nndoctor.intervention import ActivationsReplaced
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: leaky ReLU units", "zh": "实验：改用 LeakyReLU"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the units as they are", "zh": "原 ReLU 下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with leaky units", "zh": "改用 LeakyReLU 后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with leaky units", "zh": "改用 LeakyReLU 后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the units as they are", "zh": "原 ReLU 下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with leaky units", "zh": "改用 LeakyReLU 后的最终损失"}},
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
    title = {"en": "Loss with leaky units", "zh": "改用 LeakyReLU 后的损失"}
    return tried(bench, ActivationsReplaced("leaky_relu"), title, "leaky")
