"""What becomes of the same script when each repetition of a layer in a list is a layer of its own?

The script is run once more, with a layer of its own, started anew, in each place of such a list. The loss over the last
fifth of the steps is held against that of the watched run over the same steps. A third run with another seed shows how
much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import tried
from nndoctor.model_changes import LayersSeparated
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: a layer of its own in each place", "zh": "实验：每个位置各用独立的层"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the one layer", "zh": "共用一个层时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with layers of their own", "zh": "各用独立的层时最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with layers of their own", "zh": "各用独立的层时损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the one layer", "zh": "共用一个层时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with layers of their own", "zh": "各用独立的层时的最终损失"}},
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
    title = {"en": "Loss with a layer of its own in each place", "zh": "各用独立的层时的损失"}
    return tried(bench, LayersSeparated(), title, "layers of their own")
