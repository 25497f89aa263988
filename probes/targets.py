"""What kind of targets does the loss get, and do they suit it?

Cross-entropy divides one certainty among the classes: its targets are class numbers, or rows that sum to 1 (soft
labels, mixup). Rows of zeros and ones that sum to more name several classes at once, which no softmax can give. Binary
cross-entropy takes targets from 0 to 1 and has no lower end for others. Squared error takes any; of the probabilities
that a softmax or sigmoid gives it hardly punishes the confidently wrong, for their gradient fades.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from statistics import fmean, median

from nndoctor.curve import loss_calls, main_curve
from nndoctor.loss_calls import ROUNDING, SEVERAL, is_binary, row_sum
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Targets of the loss", "zh": "损失函数的目标"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "beyond_unit_interval": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a binary cross-entropy is given targets below 0 or above 1, and they count",
            "zh": "二元交叉熵的目标小于 0 或大于 1，并且计入损失"}},
        "several_classes": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "cross-entropy is given rows of zeros and ones that name several classes at once",
            "zh": "交叉熵的目标行由 0 和 1 组成，同时标出多个类别"}},
        "classes_per_sample": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "mean sum of such a row (1 = one class)", "zh": "目标每行之和的均值（1 表示单一类别）"}},
        "summed_terms": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "terms that a batch's loss is the plain sum of (0: it is a mean, or divided afterwards)",
            "zh": "每个批次的损失由多少项直接相加而成（0 表示取均值或之后又做了除法）"}},
        "squared_error_of_classes": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "squared error compares the output of a softmax or sigmoid with zeros and ones",
            "zh": "均方误差把 softmax 或 sigmoid 的输出与 0、1 比较"}},
        "class_for_each_token": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the input is sequences of whole numbers, with one class to name for each of them",
            "zh": "输入是整数编号的序列，且每个编号对应一个要预测的类别"}},
    },
}  # fmt: skip
BEYOND = 0.1
"""Resizing an image with a cubic kernel overshoots 0..1 by a few hundredths."""


def run(bench: Bench) -> Facts:
    """Looks at the ranges and sums of the targets of the training's loss calls."""
    calls = [call for call in bench.trace.losses if not call.evaluating]
    if not calls:
        raise CannotMeasure("no call of a loss function of torch was seen in training")
    facts = Facts()
    beyond = next((call for call in calls if _has_no_lower_end(call)), None)
    facts.put("beyond_unit_interval", beyond is not None, beyond.place if beyond else None)
    rows = next((group for group in _by_line(calls, "cross_entropy") if _names_several(group, bench.trace)), None)
    facts.put("several_classes", rows is not None, rows[0].place if rows else None)
    if rows:
        facts.put("classes_per_sample", fmean(row_sum(call.target) for call in rows), rows[0].place)
    squared = next((group for group in _by_line(calls, "mse_loss") if _is_of_classes(group, bench.trace)), None)
    facts.put("squared_error_of_classes", squared is not None, squared[0].place if squared else None)
    summed = [call for call in _main_calls(bench.trace) if call.reduction == "sum"]
    terms = median(prod(call.target.shape) for call in summed) if summed else 0
    facts.put("summed_terms", float(terms), summed[0].place if summed else None)
    named = next((call for call in calls if _names_tokens(call, bench.trace)), None)
    facts.put("class_for_each_token", named is not None, named.place if named else None)
    return facts


def _names_tokens(call: LossCall, trace: Trace) -> bool:
    """Also where the first or the last token of each sequence has no class."""
    if not call.label_counts:
        return False
    fed = [t for batch in trace.batches if batch.iteration == call.iteration for t in batch.inputs]
    tokens = [one.shape for one in fed if len(one.shape) == 2 and one.dtype in ("int64", "int32")]
    count = prod(call.target.shape)
    return any(count in (a * b, a * (b - 1), (a - 1) * b) for a, b in tokens if a > 1 and b > 1)


def _main_calls(trace: Trace) -> Sequence[LossCall]:
    """Those whose value is the loss of the main training, as long as that was finite."""
    curve = main_curve(trace)
    if curve is None:
        return ()
    lost = next((step for step, loss in zip(curve.steps, curve.losses, strict=True) if loss is None), None)
    return loss_calls(trace, curve.until(lost))


def _by_line(calls: Iterable[LossCall], function: str) -> Iterable[list[LossCall]]:
    groups: Mapping[object, list[LossCall]] = defaultdict(list)
    for call in calls:
        if call.function == function:
            groups[call.place and call.place.spot].append(call)
    return groups.values()


def _has_no_lower_end(call: LossCall) -> bool:
    """A binary cross-entropy with a target beyond 0..1: with -1 for "unknown" the terms are weighed or masked later."""
    low, high = call.target.minimum, call.target.maximum
    if not call.function.startswith("binary_cross_entropy") or low is None or high is None:
        return False
    counts = call.reduction != "none" and (not call.weighted or (call.value or 0.0) < -ROUNDING)
    return counts and (low < -BEYOND or high > 1 + BEYOND)


def _names_several(group: list[LossCall], trace: Trace) -> bool:
    """Not where samples are compared with samples, nor where the input itself is the target (a bag of items)."""
    rows = [call for call in group if call.input.shape == call.target.shape and len(call.target.shape) > 1]
    inputs = {tensor.fingerprint for batch in trace.batches for tensor in batch.inputs if tensor.fingerprint}
    return (
        len(rows) == len(group)
        and all(is_binary(call.target) and row_sum(call.target) > SEVERAL for call in rows)
        and not all(call.target.shape[0] == call.target.shape[1] for call in rows)
        and not any(call.target.fingerprint in inputs for call in rows)
    )


def _is_of_classes(group: list[LossCall], trace: Trace) -> bool:
    """Zeros and ones against the output of a softmax or sigmoid, where the input is not the target."""
    inputs = {tensor.fingerprint for batch in trace.batches for tensor in batch.inputs if tensor.fingerprint}
    graphs = [graph for graph in trace.graphs if graph.head == "mse_loss"]
    squashed = bool(graphs) and all(graph.before[:1] in (("softmax",), ("sigmoid",)) for graph in graphs)
    return (
        squashed
        and all(call.input.requires_grad and is_binary(call.target) for call in group)
        and not any(call.target.fingerprint in inputs for call in group)
    )
