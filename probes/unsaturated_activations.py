"""What happens to the same script if its hidden sigmoid and tanh units are kept off their ends?

The script is run once more. What each such unit is given is shifted and scaled once, by the mean and the spread that it
has in a first batch, where these are large; the function stays, and so do gates and outputs. The loss over the last
fifth of the steps is compared with that of the watched run over the same steps. A third run with another seed shows how
much of the difference is chance.
"""

from nndoctor.comparison import tried
from nndoctor.intervention import ActivationsReplaced
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: units kept off their ends", "zh": "实验：消除激活饱和"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the activations as they are", "zh": "原激活方式下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with units kept off their ends", "zh": "消除饱和后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with units kept off their ends", "zh": "消除饱和后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the activations as they are", "zh": "原激活方式下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with units kept off their ends", "zh": "消除饱和后的最终损失"}},
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
    title = {"en": "Loss with units kept off their ends", "zh": "消除饱和后的损失"}
    return tried(bench, ActivationsReplaced("unsaturated"), title, "off the ends")
