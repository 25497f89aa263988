"""Do predictions and targets have the same shape where the loss compares them?

Shapes (N, 1) and (N,) do not fail: they are broadcast to an N by N table, in which every prediction is held against
every target. The best answer to that is the mean of the targets, for each input the same. Torch's loss functions warn
of it once; a loss written by hand says nothing. The operations after the model's last layer are looked at.
"""

from collections.abc import Iterator
from math import prod

from nndoctor.case import Place
from nndoctor.layers import near_the_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Shapes in the loss", "zh": "损失中的张量形状"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "cross": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "predictions and targets are broadcast to a table of all pairs of samples",
            "zh": "预测与目标被广播成样本两两配对的表"}},
        "table_over_batch": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "elements of that table over those of the predictions", "zh": "该表与预测的元素数之比"}},
        "predictions": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "shape on the one side", "zh": "一侧的形状"}},
        "targets": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "shape on the other side", "zh": "另一侧的形状"}},
    },
}  # fmt: skip
PAIRING = ("sub", "rsub", "mul", "div", "add", "where", "maximum", "minimum", "__rsub__", "__rmul__", "__radd__")
LOSSES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "soft_margin_loss", "kl_div")


def run(bench: Bench) -> Facts:
    """Looks for two shapes of different length that both grow when they meet."""
    trace = bench.trace
    if not trace.losses and not trace.loss_paths and not trace.forwards:
        raise CannotMeasure("no operation of a loss was seen")
    met = list(_meetings(trace))
    facts = Facts()
    facts.put("cross", bool(met), *dict.fromkeys(place for place, _, _ in met))
    if met:
        place, one, other = met[0]
        facts.put("table_over_batch", prod(_broadcast(one, other)) / max(prod(one), prod(other)), place)
        facts.put("predictions", str(one), place)
        facts.put("targets", str(other), place)
    return facts


def _meetings(trace: Trace) -> Iterator[tuple[Place | None, tuple[int, ...], tuple[int, ...]]]:
    for call in trace.losses:
        if call.function in LOSSES and not call.evaluating and _cross(call.input.shape, call.target.shape):
            yield call.place, call.input.shape, call.target.shape
    unsqueezed: set[tuple[int, ...]] = set()
    for _, op in near_the_loss(trace):
        if op.name in ("unsqueeze", "__getitem__"):
            unsqueezed.add(op.shapes[0])
        if op.name in PAIRING and op.takes_grad and len(op.shapes) > 1 and _cross(*op.shapes[-2:]):
            # scores[:, None] - scores: the long one was made so by hand
            longer = max(op.shapes[-2:], key=len)
            if any(longer[:n] + longer[n + 1 :] in unsqueezed for n, size in enumerate(longer) if size == 1):
                continue
            yield op.place, op.shapes[-2], op.shapes[-1]


def _cross(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether samples meet other samples along an axis that nobody wrote.

    A table that is meant (quantiles, kernels, distances) has both sides unsqueezed by hand to the same number of axes,
    or is one of samples against something of another length.
    """
    if len(one) == len(other) or not one or not other or one[0] != other[0] or one[0] < 2:
        return False
    return prod(_broadcast(one, other)) > max(prod(one), prod(other))


def _broadcast(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    longest = max(len(one), len(other))
    padded = ((1,) * (longest - len(shape)) + shape for shape in (one, other))
    return tuple(map(max, zip(*padded, strict=True)))
