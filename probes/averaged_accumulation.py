"""What happens to the same script if the gradients that it gathers for a step are averaged, not added up?

The script is run once more, each backward pass with its share of the gradient: divided by how many come before a step.
The loss over the last fifth of the steps is compared with that of the watched run over the same steps. A third run with
another seed shows how much of the difference is chance. Where the script divides its gradients itself, nothing is done.
"""

from nndoctor.accumulated import passes_per_step
from nndoctor.comparison import tried, watched_curve
from nndoctor.loss_changes import LossAveraged
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: mean of the gathered gradients", "zh": "实验：对累积的梯度取平均"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the sum of the gradients", "zh": "梯度求和时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with their mean", "zh": "梯度取平均后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with their mean", "zh": "梯度取平均后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the sum of the gradients", "zh": "梯度求和时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with their mean", "zh": "梯度取平均后的最终损失"}},
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
    passes = passes_per_step(bench.trace, watched_curve(bench.trace))
    if passes is None or passes == 1:
        raise CannotMeasure("no gradients of several backward passes are added up")
    title = {"en": "Loss with the mean of the gradients", "zh": "梯度取平均后的损失"}
    return tried(bench, LossAveraged(float(passes)), title, "mean")
