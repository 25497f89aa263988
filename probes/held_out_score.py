"""Does the network know anything of data that it was not trained on?

The best of all looks at held-out data is compared with an answer that does not look at the input: it loses the entropy
of the labels, or the variance of the targets, and is as often right as the most frequent class occurs. A network that
was never better than that may have learnt its training data by heart; it has not learnt the task.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from nndoctor.curve import blind_loss
from nndoctor.evaluations import main_series
from nndoctor.loss_calls import main_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Held-out data against a blind answer", "zh": "留出数据与“不看输入的回答”的对比"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "scored": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "some look at held-out data was scored after training began", 
            "zh": "训练开始后在留出数据上算过得分"}},
        "gain_over_blind": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of a blind answer's held-out loss (without a loss: of its mistakes) that the best look saves",
            "zh": "最好的一次评估比“不看输入的回答”少损失（没有损失时为少犯错误）的比例"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """The best look of the main series."""
    trace, facts = bench.trace, Facts()
    if not trace.iterations:
        raise CannotMeasure("there was no training")
    looks = [look for look in main_series(trace) if look.iteration > 0]
    losses = [loss for look in looks if (loss := look.mean("loss")) is not None]
    scores = [(score, look.samples) for look in looks if (score := look.mean("accuracy")) is not None]
    facts.put("scored", bool(losses or scores), *(look.place for look in looks[-1:]))
    blind = _blind(trace)
    majority = _majority(trace)
    if losses and blind:
        facts.put("gain_over_blind", 1 - min(losses) / blind, looks[-1].place)
    elif scores and majority is not None and majority < 1:
        best, n = max(scores)
        # two standard errors are no gain
        error = math.sqrt(max(majority * (1 - majority), 0.25 / n) / n)
        facts.put("gain_over_blind", (best - majority - 2 * error) / (1 - majority), looks[-1].place)
    return facts


def _blind(trace: Trace) -> float | None:
    calls = [call for call in trace.losses if call.evaluating]
    most = Counter(call.function for call in calls).most_common(1)
    return blind_loss([replace(call, reduction="mean") for call in calls if call.function == most[0][0]])


def _majority(trace: Trace) -> float | None:
    counts: Counter[str] = Counter()
    for call in main_loss(trace):
        counts.update({label: int(count) for label, count in call.label_counts.items()})
    return max(counts.values()) / counts.total() if counts else None
