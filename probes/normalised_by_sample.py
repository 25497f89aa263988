"""What becomes of the same script when each sample is normalised by itself, not by its batch?

The script is run once more with group normalisation in the place of batch normalisation, batches as they are. The loss
over the last fifth of the steps is held against that of the watched run over the same steps, and so is the validation
loss at the end, where the script has one. A third run with another seed shows how much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import affordable, changed, of_the_seed, picture, put, side_by_side, watched_curve
from nndoctor.evaluations import loss_at_end
from nndoctor.model_changes import NormalisedBySample
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: each sample normalised by itself", "zh": "实验：每个样本单独归一化"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with batch normalisation", "zh": "使用批归一化时最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite without the batch", "zh": "不依赖批次时最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls without the batch", "zh": "不依赖批次时损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with batch normalisation", "zh": "使用批归一化时的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with each sample normalised by itself", "zh": "每个样本单独归一化时的最终损失"}},
        "gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to what it was", "zh": "损失因此降低的比例"}},
        "gain_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to the loss at the start",
            "zh": "损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same in standard errors, another seed's difference included",
            "zh": "该降幅与其标准误差之比（含随机种子的影响）"}},
        "validation_compared": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "both runs could be compared by a validation loss too", "zh": "两次运行还可用验证损失比较"}},
        "validation_over_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "validation loss at the end, over that with batch normalisation",
            "zh": "最终验证损失与使用批归一化时之比"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """One rerun, and where it is better one more for the noise."""
    curve = watched_curve(bench.trace)
    limit = affordable(bench, curve, 2)
    rerun = changed(bench, NormalisedBySample(), limit)
    found = side_by_side(bench.trace, curve, rerun)
    if (found.gain() or 0.0) > 3 * found.noise:
        found = found.noisier(of_the_seed(bench, curve, limit))
    facts = Facts()
    put(facts, found)
    own, treated = loss_at_end(bench.trace), loss_at_end(rerun)
    compared = limit is None and own is not None and own > 0 and treated is not None
    facts.put("validation_compared", compared)
    if compared and own and treated is not None:
        facts.put("validation_over_as_is", treated / own)
    title = {"en": "Loss with each sample normalised by itself", "zh": "每个样本单独归一化时的损失"}
    facts.pictures.append(picture(title, {"as it is": found.curves[0], "by itself": found.curves[1]}))
    return facts
