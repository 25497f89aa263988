"""How does the network do on data that it is not trained on, compared with its training data at the same time?

Every evaluation of the script (a pass without gradient over other data than the training's) is scored by the script's
own loss, and by accuracy where labels are at hand. A validation loss that is high from the first epoch points to a
difference in mode, preprocessing or data; one that falls first and rises later is overfitting.
"""

from __future__ import annotations

import math

import numpy as np

from nndoctor.case import Picture, Series
from nndoctor.evaluations import Evaluation, evaluations, main_series, training_loss
from nndoctor.probe import Bench, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Validation against training", "zh": "验证与训练的对比"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "present": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the script evaluates on data other than the training's", "zh": "脚本在训练集以外的数据上做了评估"}},
        "evaluations": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "evaluations of the main series", "zh": "主要验证的次数"}},
        "loss": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "last validation loss, a mean per sample", "zh": "最后一次验证损失（每个样本的均值）"}},
        "training_loss": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training loss just before the last validation, same loss function",
            "zh": "最后一次验证之前的训练损失（同一损失函数）"}},
        "gap": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "last validation loss minus training loss", "zh": "最后的验证损失减去训练损失"}},
        "loss_over_training": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "last validation loss over training loss", "zh": "最后的验证损失与训练损失之比"}},
        "first_loss_over_training": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the same ratio at the first validation after training began",
            "zh": "训练开始后第一次验证时的同一比值"}},
        "loss_over_best": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "last validation loss over the best one", "zh": "最后的验证损失与最低验证损失之比"}},
        "since_best_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of all validations that came after the best one", "zh": "最佳验证之后的验证次数占比"}},
        "loss_over_label_entropy": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "last validation loss over the entropy of its labels (1 = knows only how frequent each class is)",
            "zh": "最后的验证损失与标签熵之比（1 表示只知道各类别的频率）"}},
        "accuracy": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "accuracy at the last validation", "zh": "最后一次验证的准确率"}},
        "training_accuracy": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "accuracy on training batches just before it", "zh": "在此之前训练批次上的准确率"}},
        "accuracy_gap": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training accuracy minus validation accuracy", "zh": "训练准确率减去验证准确率"}},
        "accuracy_gap_in_errors": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "that gap in standard errors", "zh": "以标准误为单位的准确率差距"}},
    },
}  # fmt: skip
FEW = 3
"""Of a run with few close looks, so many of the last ones stand for the training's accuracy."""


def run(bench: Bench) -> Facts:
    """The last and the best evaluation, and how training stood then."""
    trace, facts = bench.trace, Facts()
    looks = [look for look in main_series(trace) if look.iteration > 0]
    facts.put("present", bool(evaluations(trace)), *(look.place for look in looks[-1:]))
    facts.put("evaluations", float(len(looks)))
    _put_losses(facts, trace, looks)
    _put_accuracies(facts, trace, looks)
    return facts


def _put_losses(facts: Facts, trace: Trace, looks: list[Evaluation]) -> None:
    scored = [(look, loss) for look in looks if (loss := look.mean("loss")) is not None]
    if not scored:
        return
    (last, loss), losses = scored[-1], [loss for _, loss in scored]
    facts.put("loss", loss, last.place)
    best = min(losses)
    if best > 0:
        facts.put("loss_over_best", loss / best, last.place)
    facts.put("since_best_share", (len(losses) - 1 - losses.index(best)) / len(losses))
    entropy = [call.entropy for call in trace.losses if call.evaluating and call.entropy]
    if entropy and _weighted(trace) is False:
        facts.put("loss_over_label_entropy", loss / float(np.mean(entropy)), last.place)
    beside = [training_loss(trace, look.iteration) for look, _ in scored]
    if beside[-1] is not None:
        facts.put("training_loss", beside[-1])
        facts.put("gap", loss - beside[-1], last.place)
        if beside[-1] > 0:
            facts.put("loss_over_training", min(loss / beside[-1], 1e9), last.place)
    if beside[0] is not None and beside[0] > 0:
        facts.put("first_loss_over_training", min(losses[0] / beside[0], 1e9), scored[0][0].place)
    _draw(facts, scored, beside)


def _weighted(trace: Trace) -> bool:
    return any(call.weighted for call in trace.losses if call.evaluating)


def _draw(facts: Facts, scored: list[tuple[Evaluation, float]], beside: list[float | None]) -> None:
    x = tuple(float(look.iteration) for look, _ in scored)
    if len(x) > 1:
        lines = (Series("validation", x, tuple(loss for _, loss in scored)), Series("training", x, tuple(beside)))
        title = {"en": "Validation and training loss", "zh": "验证损失与训练损失"}
        facts.pictures.append(Picture("curve", title, lines))


def _put_accuracies(facts: Facts, trace: Trace, looks: list[Evaluation]) -> None:
    scored = [(look, accuracy) for look in looks if (accuracy := look.mean("accuracy")) is not None]
    if not scored:
        return
    last, accuracy = scored[-1]
    facts.put("accuracy", accuracy, last.place)
    before = [c for c in trace.losses if not c.evaluating and c.iteration <= last.iteration and c.accuracy is not None]
    since = last.iteration - max(20, last.iteration // 10)
    calls = [c for c in before if since <= c.iteration] or before[-FEW:]
    seen = sum(math.prod(call.target.shape) for call in calls)
    if seen == 0:
        return
    train = sum((call.accuracy or 0.0) * math.prod(call.target.shape) for call in calls) / seen
    facts.put("training_accuracy", train)
    facts.put("accuracy_gap", train - accuracy, last.place)
    spread = sum(max(share * (1 - share), 0.25 / n) / n for share, n in ((train, seen), (accuracy, last.samples)))
    facts.put("accuracy_gap_in_errors", (train - accuracy) / math.sqrt(spread), last.place)
