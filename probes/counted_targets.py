"""Which of the targets count?

CrossEntropyLoss leaves out targets equal to its ignore_index (-100 unless told otherwise). A batch in which every
target is left out has no mean: the loss is 0/0, and NaN from then on. The other way round, sequences are filled up to
one length, and if the filler is not left out the loss is an average over it too: answers that cost nothing.
"""

from __future__ import annotations

from statistics import median

from nndoctor.case import Place
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Targets that count", "zh": "参与损失计算的目标"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "nothing_counted": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a batch had only targets that the loss ignores, and its loss was lost",
            "zh": "某个批次的目标全部被损失忽略，损失因此失效"}},
        "padding_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the counted targets that stand in the padding at the ends of sequences",
            "zh": "参与计算的目标中位于序列末尾填充部分的比例"}},
    },
}  # fmt: skip
INDEXED = ("cross_entropy", "nll_loss")


def run(bench: Bench) -> Facts:
    """Looks at the targets of the losses of classes, in training."""
    trace = bench.trace
    calls = [call for call in trace.losses if call.function in INDEXED and not call.evaluating]
    if not calls:
        raise CannotMeasure("no loss of classes was computed in training")
    facts = Facts()
    lost, place, step = _lost(trace, calls)
    facts.put("nothing_counted", lost, place, step=step)
    # a loss that is not reduced, or weighted by class, may leave the padding out in its own way
    own = [call for call in calls if call.reduction != "none" and not call.weighted]
    shares = [call.padding or 0.0 for call in own]
    share = median(shares) if shares else 0.0
    facts.put("padding_share", share, own[-1].place if share else None)
    return facts


def _lost(trace: Trace, calls: list[LossCall]) -> tuple[bool, Place | None, int | None]:
    """Whether, where and when there was nothing to take the mean of: or never was, so that a sum stays zero."""
    first = trace.nonfinite
    if first is not None and first.loss and first.uncounted:
        near = [call for call in calls if call.iteration <= first.iteration]
        return True, (near or calls)[-1].place, first.iteration
    empty = [call for call in calls if _is_empty(call)]
    lost = [call for call in empty if call.value is None and call.reduction == "mean"]
    if not lost and len(empty) == len(calls) and all(call.reduction == "sum" for call in calls):
        lost = empty
    # the loss may be left out of what goes backward
    harmed = first is not None or all(call.value == 0 for call in lost)
    return (True, lost[0].place, lost[0].iteration) if lost and harmed else (False, None, None)


def _is_empty(call: LossCall) -> bool:
    target = call.target
    return target.minimum is not None and target.minimum == target.maximum == call.ignore_index
