"""How much do the validation results jump from one look to the next?

In the second half of the run each result is compared with the mean of its two neighbours, so that steady progress does
not count. An accuracy p over n samples has a standard error of sqrt(p (1 - p) / n); more than that is no bad luck.
"""

from __future__ import annotations

import math
from statistics import median

from nndoctor.evaluations import Evaluation, main_series
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Steadiness of the validation", "zh": "验证结果的稳定性"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "looks": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "evaluations of the main series, once training had begun", "zh": "训练开始之后主要验证的次数"}},
        "loss_jumps": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "typical jump of the validation loss between looks, over its level",
            "zh": "相邻两次验证损失的典型跳动与其水平之比"}},
        "accuracy_jumps": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "typical jump of the validation accuracy between looks", "zh": "相邻两次验证准确率的典型跳动"}},
        "accuracy_jumps_in_errors": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "that jump in standard errors", "zh": "以标准误为单位的同一跳动"}},
    },
}  # fmt: skip
TO_SPREAD = 1 / (0.6745 * math.sqrt(1.5))
"""From the median distance to the mean of two neighbours, to the standard deviation of independent results."""


def run(bench: Bench) -> Facts:
    """The main series, without looks before the training."""
    looks = [look for look in main_series(bench.trace) if look.iteration > 0]
    if not looks:
        raise CannotMeasure("no evaluation was seen once training had begun")
    facts = Facts()
    facts.put("looks", float(len(looks)), looks[-1].place)
    late = looks[len(looks) // 2 :]
    losses = _of(late, "loss")
    if (jumps := _jumps(losses)) is not None and median(losses) > 0:
        facts.put("loss_jumps", jumps / median(losses), late[-1].place)
    shares = _of(late, "accuracy")
    if (jumps := _jumps(shares)) is not None:
        level, n = median(shares), max(1.0, median(look.samples for look in late))
        facts.put("accuracy_jumps", jumps, late[-1].place)
        facts.put("accuracy_jumps_in_errors", jumps / math.sqrt(max(level * (1 - level), 0.25 / n) / n))
    return facts


def _of(looks: list[Evaluation], quantity: str) -> list[float]:
    return [value for look in looks if (value := look.mean(quantity)) is not None]


def _jumps(values: list[float]) -> float | None:
    if len(values) < 3:
        return None
    triples = zip(values, values[1:], values[2:], strict=False)
    return TO_SPREAD * median(abs(middle - (before + after) / 2) for before, middle, after in triples)
