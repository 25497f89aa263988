"""What happens to the same script when its scheduler goes another pace?

A schedule that has brought the rate to nothing early in the run is spread over all of it; one that has not left its
warm-up at the end is stepped after each step of the optimizer. All else is as it was. The loss over the last fifth of
the steps is compared with that of the watched run over the same steps; a third run with another seed shows how much of
the difference is chance.
"""

from nndoctor.comparison import tried
from nndoctor.pace import pace
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.scheduling import SchedulerStepped

CARD: Card = {
    "title": {"en": "Experiment: another pace of the scheduler", "zh": "实验：改变学习率调度的节奏"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own pace", "zh": "原调度节奏下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with another pace", "zh": "改变调度节奏后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with another pace", "zh": "改变调度节奏后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own pace", "zh": "原调度节奏下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with another pace", "zh": "改变调度节奏后的最终损失"}},
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
    found = pace(bench.trace)
    if found is None:
        raise CannotMeasure("no learning rate scheduler was stepped")
    title = {"en": "Loss with another pace of the scheduler", "zh": "改变调度节奏后的损失"}
    return tried(bench, SchedulerStepped(found.interval), title, "other pace")
