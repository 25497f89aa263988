"""What kind of task is it, as far as the loss and its targets tell?

Cross-entropy names one class out of several, binary cross-entropy answers yes or no, squared error meets numbers. The
loss may be the wrong one, though: whole numbers from 0 up without gaps may be amounts or the numbers of classes, and
one class for each sample may have been made of data that names several. Only the author knows what is meant by those.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from nndoctor.case import Place
from nndoctor.loss_calls import SEVERAL, is_binary, main_loss, row_sum
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Kind of task", "zh": "任务类型"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "seen_as": {"kind": "label", "unit": "", "says": {
            "en": "kind of task that the loss and its targets show",
            "zh": "从损失函数及其目标看出的任务类型"}, "labels": (
            "one_of_several", "yes_or_no", "several_at_once", "number", "class_or_number", "one_or_several", "other")},
    },
}  # fmt: skip
CLASS_LOSSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
YES_OR_NO = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss")
NUMBERS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "gaussian_nll_loss")
FEWEST_CLASSES = 3
"""Two numbers, as 0 and 1 or -1 and 1, may well be met by a squared error (least-squares classification)."""
GAPLESS = 0.5
"""So many of the whole numbers from the smallest to the largest target must be met in one batch."""


def run(bench: Bench) -> Facts:
    """Looks at the training's main loss."""
    calls = main_loss(bench.trace)
    if not calls:
        raise CannotMeasure("no call of a loss function of torch was seen in training")
    facts = Facts()
    label, place = _seen_as(calls, bench.trace)
    facts.put("seen_as", label, place)
    return facts


def _seen_as(calls: Sequence[LossCall], trace: Trace) -> tuple[str, Place | None]:
    last = calls[-1]
    if last.function in CLASS_LOSSES:
        return _of_classes(calls, trace), last.place
    if last.function in YES_OR_NO:
        return (
            "several_at_once" if len(last.target.shape) > 1 and last.target.shape[1] > 1 else "yes_or_no"
        ), last.place
    if last.function in NUMBERS:
        return ("class_or_number" if _may_be_classes(calls) else "number"), last.place
    return "other", last.place


def _of_classes(calls: Sequence[LossCall], trace: Trace) -> str:
    """What a class was made of may name several: rows of zeros and ones in the loader's batch, one for each class."""
    if all(len(c.target.shape) > 1 and is_binary(c.target) and row_sum(c.target) > SEVERAL for c in calls):
        return "several_at_once"
    classes = calls[-1].classes or 0
    drawn = [t for batch in trace.batches if not batch.evaluating for t in batch.drawn if t.std is not None]
    rows = [t for t in drawn if len(t.shape) == 2 and t.shape[1] == classes >= FEWEST_CLASSES]
    return "one_or_several" if any(is_binary(t) and row_sum(t) > SEVERAL for t in rows) else "one_of_several"


def _may_be_classes(calls: Sequence[LossCall]) -> bool:
    """Whole numbers from 0 or 1 up, one for each sample, that leave hardly one out."""
    fullest = 0.0
    for call in calls:
        low, high = call.target.minimum, call.target.maximum
        one_each = call.target.shape and prod(call.target.shape) == call.target.shape[0]
        if call.levels is None or not one_each or low is None or high is None or low < 0:
            return False
        if low <= 1 and call.levels >= FEWEST_CLASSES:
            fullest = max(fullest, call.levels / (high - low + 1))
    return fullest >= GAPLESS
