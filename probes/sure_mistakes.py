"""Of what is the network sure and wrong, when its validation is at its best?

Before it learns its training samples by heart, a network knows what they have in common. Where a task is hard to
decide, its mistakes are those of which it is unsure. Wrong labels are another matter: they fall upon clear samples as
often as upon doubtful ones, training samples are got right no more often than held-out ones, and once they are learnt
by heart the held-out ones are got right less often (Arpit et al., 2017; Liu et al., 2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod
from statistics import fmean

from nndoctor.evaluations import AVERAGED, Evaluation, best_of, main_series
from nndoctor.loss_calls import main_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall

CARD: Card = {
    "title": {"en": "Sure and wrong, at the best validation", "zh": "验证最佳时的“自信却判错”"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "lost_in_errors": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "fall of the validation accuracy since the best look, in standard errors",
            "zh": "验证准确率自最佳一次以来的降幅（以标准误为单位）"}},
        "gap_in_errors": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training accuracy above validation accuracy at that look, in standard errors",
            "zh": "当时训练准确率高出验证准确率多少个标准误"}},
        "mistakes": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of training samples got wrong then", "zh": "当时判错的训练样本占比"}},
        "sure_mistakes_over_all": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "mistakes among the clearer half of the answers, over those among all (1 = wherever it is)",
            "zh": "较明确的一半回答中的错误率与总错误率之比（1 表示错误与明确程度无关）"}},
    },
}  # fmt: skip
FEWEST_LOOKS = 6
FEWEST_MISTAKES = 10
EARLY = 0.5
"""Training batches since this share of the way to the best look are taken for those beside it."""


def run(bench: Bench) -> Facts:
    """The training batches seen closely just before the best look, and the looks since then."""
    trace, facts = bench.trace, Facts()
    looks = [look for look in main_series(trace) if look.iteration > 0 and look.mean("loss") is not None]
    if len(looks) < FEWEST_LOOKS:
        raise CannotMeasure(f"the script validates fewer than {FEWEST_LOOKS} times with a loss while it trains")
    best = best_of([look.mean("loss") or 0.0 for look in looks])
    until = looks[best].iteration
    beside = [c for c in main_loss(trace) if EARLY * until <= c.iteration <= until and c.accuracy is not None]
    then, now = _accuracy(looks[max(0, best - 1) : best + 2]), _accuracy(looks[-AVERAGED:])
    samples = sum(map(_samples, beside))
    if then is None or now is None or not samples:
        raise CannotMeasure("no answers to classes were seen both in training and in validation")
    facts.put("lost_in_errors", (then - now) / _error(then, looks[best].samples), looks[-1].place, step=until)
    right = sum((call.accuracy or 0.0) * _samples(call) for call in beside) / samples
    error = math.hypot(_error(right, samples), _error(then, looks[best].samples))
    facts.put("gap_in_errors", (right - then) / error, beside[-1].place, step=until)
    facts.put("mistakes", 1 - right, beside[-1].place, step=until)
    sure = [call for call in beside if call.sure_accuracy is not None]
    wrong = sum((1 - (call.accuracy or 0.0)) * _samples(call) for call in sure)
    if wrong >= FEWEST_MISTAKES:
        surely = sum((1 - (call.sure_accuracy or 0.0)) * _samples(call) for call in sure)
        facts.put("sure_mistakes_over_all", surely / wrong, beside[-1].place, step=until)
    return facts


def _samples(call: LossCall) -> int:
    return int(sum(call.label_counts.values())) or prod(call.target.shape)


def _accuracy(looks: Sequence[Evaluation]) -> float | None:
    known = [accuracy for look in looks if (accuracy := look.mean("accuracy")) is not None]
    return fmean(known) if known else None


def _error(share: float, count: int) -> float:
    count = max(1, count)
    return math.sqrt(max(share * (1 - share), 0.25 / count) / count)
