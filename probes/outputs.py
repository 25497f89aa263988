"""Do the outputs depend on the inputs, and are they better than a guess, at the end of training?

A network that ignores its input gives every sample the same answer: its accuracy is that of always naming the most
frequent class, and its loss stands at the entropy of the labels H(y), or at their variance in a regression.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from nndoctor.case import Picture, Series
from nndoctor.loss_calls import main_loss, target_variance
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall

CARD: Card = {
    "title": {"en": "Outputs at the end of training", "zh": "训练结束时的输出"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "seen_at_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how far into the run these outputs were seen (1 = at its end)",
            "zh": "观察到这些输出时训练进行的比例（1 表示结束时）"}},
        "task": {"kind": "label", "unit": "", "labels": ("classes", "numbers"), "says": {
            "en": "what the loss function is given: classes or numbers", "zh": "损失函数的目标：类别或数值"}},
        "adversarial": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "one model is trained through another, as in a GAN", "zh": "一个模型通过另一个模型训练（如 GAN）"}},
        "accuracy": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "accuracy on the last training batches seen", "zh": "最后观察到的训练批次上的准确率"}},
        "majority_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the most frequent label: what a constant answer would score",
            "zh": "最多标签的占比：恒定回答能得到的准确率"}},
        "accuracy_over_majority_in_errors": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "accuracy above that share, in standard errors", "zh": "准确率超出该占比多少个标准误"}},
        "top_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of predictions that name the most predicted class of their batch",
            "zh": "每个批次中最常被预测的类别的占比"}},
        "loss_over_label_entropy": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss over the entropy of the labels (1 = inputs are ignored)",
            "zh": "损失与标签熵之比（1 表示忽略了输入）"}},
        "loss_over_target_variance": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "squared error over the variance of the targets (1 = predicts the mean)",
            "zh": "均方误差与目标方差之比（1 表示只预测均值）"}},
        "spread_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "that spread over the one at the first step", "zh": "该标准差与第一步时之比"}},
        "spread_over_scale": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "that spread over the size of the outputs", "zh": "该标准差与输出大小之比"}},
        "spread_over_target_spread": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "in a regression: that spread over the targets' own", "zh": "回归任务中该标准差与目标标准差之比"}},
        "constant": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "every sample gets the same output, to one part in ten thousand",
            "zh": "每个样本的输出都相同（误差在万分之一以内）"}},
    },
}  # fmt: skip
CONSTANT = 1e-4
LATE = 0.66
"""What was seen after two thirds of the way to the last call counts as the end."""


def run(bench: Bench) -> Facts:
    """Compares the last calls of the main loss with its first ones and with its labels."""
    calls = main_loss(bench.trace)
    if not calls:
        raise CannotMeasure("no call of a loss function of torch was seen in training")
    facts, late = Facts(), [call for call in calls if call.iteration >= LATE * calls[-1].iteration]
    place = late[-1].place
    last = max(1, bench.trace.iterations[-1].index if bench.trace.iterations else late[-1].iteration)
    facts.put("seen_at_share", min(1.0, late[-1].iteration / last), place)
    facts.put("adversarial", any(one.feeds for one in bench.trace.passes))
    facts.put("task", "classes" if late[-1].accuracy is not None else "numbers", place)
    _put_accuracy(facts, late)
    _put_floor(facts, late)
    _put_spread(facts, calls, late)
    return facts


def _put_accuracy(facts: Facts, late: Sequence[LossCall]) -> None:
    scored = [call for call in late if call.accuracy is not None and call.label_counts]
    labels: Counter[str] = Counter()
    for call in scored:
        labels.update({label: int(count) for label, count in call.label_counts.items()})
    n = labels.total()
    if n == 0:
        return
    right = sum((call.accuracy or 0.0) * sum(call.label_counts.values()) for call in scored) / n
    majority = max(labels.values()) / n
    error = math.sqrt(max(majority * (1 - majority), 0.25 / n) / n)
    place = scored[-1].place
    facts.put("accuracy", right, place)
    facts.put("majority_share", majority, place)
    facts.put("accuracy_over_majority_in_errors", (right - majority) / error, place)
    facts.put("top_share", float(np.mean([call.top_share or 0.0 for call in scored])), place)
    shares = np.array(list(labels.values())) / n
    entropy = -float((shares * np.log(shares)).sum())
    values = [call.value for call in scored if call.value is not None and call.reduction == "mean"]
    if entropy > 0 and values and not any(call.weighted for call in scored):
        facts.put("loss_over_label_entropy", float(np.mean(values)) / entropy, place)
    names = tuple(sorted(labels, key=lambda label: (len(label), label))[:64])
    bars = Series("labels", tuple(float(i) for i in range(len(names))), tuple(labels[name] / n for name in names))
    title = {"en": "Labels of the last batches", "zh": "最后批次的标签分布"}
    facts.pictures.append(Picture("bars", title, (bars,), names))


def _put_floor(facts: Facts, late: Sequence[LossCall]) -> None:
    """Squared error against the variance of the targets, output by output where there are several."""
    ratios = []
    for call in late:
        variance = target_variance(call)
        if call.function == "mse_loss" and call.reduction == "mean" and call.value is not None and variance:
            ratios.append(call.value / variance)
    if ratios:
        facts.put("loss_over_target_variance", float(np.median(ratios)), late[-1].place)


def _constant_since(calls: Sequence[LossCall]) -> int | None:
    """From which of the calls on every sample got the same output, to the end."""
    since = None
    for call in reversed(calls):
        if call.output_std_over_samples is None:
            continue
        if call.output_std_over_samples > CONSTANT * math.hypot(call.output_std or 0.0, call.input.mean or 0.0):
            break
        since = call.iteration
    return since


def _put_spread(facts: Facts, calls: Sequence[LossCall], late: Sequence[LossCall]) -> None:
    now = [call for call in late if call.output_std_over_samples is not None]
    if not now:
        return
    place = now[-1].place
    spread = float(np.median([call.output_std_over_samples or 0.0 for call in now]))
    start = next((call.output_std_over_samples for call in calls if call.output_std_over_samples), None)
    if start:
        facts.put("spread_over_start", spread / start, place)
    sizes = [math.hypot(call.output_std or 0.0, call.input.mean or 0.0) for call in now]
    scale = float(np.median(sizes))
    facts.put("constant", spread <= CONSTANT * scale, place, step=_constant_since(calls))
    if scale > 0:
        facts.put("spread_over_scale", spread / scale, place)
    targets = [math.sqrt(variance) for call in now if (variance := target_variance(call))]
    if targets and all(call.accuracy is None for call in now):
        facts.put("spread_over_target_spread", spread / float(np.median(targets)), place)
