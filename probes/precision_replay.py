"""How much of a step's gradient is lost to the precision that it is computed in?

At the last step that time allows to come to, a copy of the model is given its batch twice, without dropout: as in the
run, and in double precision without autocast. Loss and gradients are compared, layer by layer. A number that is zero
as the script computes it, and is not in double precision, has fallen below the smallest that the format can hold.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from nndoctor.curve import Curve, main_curve
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Replica, Step, replayed
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Experiment: a step in double precision", "zh": "实验：以双精度重做一步"},
    "cost": "minutes",
    "needs": ("trace", "rerun", "model", "batch", "loss"),
    "facts": {
        "replayed": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a step could be done again in double precision", "zh": "能够以双精度重做一步"}},
        "lost_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the gradient's numbers that are zero only for want of precision",
            "zh": "梯度中仅因精度不足而变为零的数所占比例"}},
        "loss_difference": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "difference of the loss from that in double precision, relative to it",
            "zh": "损失与双精度结果的相对差"}},
        "gradient_difference": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "difference of the gradient from that in double precision, relative to it",
            "zh": "梯度与双精度结果的相对差"}},
        "difference_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "the same for each parameter", "zh": "各参数梯度的相对差"}},
    },
}  # fmt: skip
SHARE = 0.5
"""Of the time left, what the way to that step may have taken in the watched run."""
SMALLEST = 1e-30
"""What is smaller than this in double precision is lost to single precision as well, and to nobody's harm."""


def run(bench: Bench) -> Facts:
    """One rerun, nearly to the end."""
    trace, facts = bench.trace, Facts()
    curve = main_curve(trace)
    if curve is None:
        raise CannotMeasure("no backward pass was seen")
    at = _last(trace, curve, SHARE * bench.seconds_left())
    try:
        measured = replayed(bench, compared, at)
    except CannotMeasure:
        facts.put("replayed", False)  # noqa: FBT003  # a fact
        return facts
    facts.put("replayed", True)  # noqa: FBT003  # a fact
    for name in ("lost_share", "loss_difference", "gradient_difference"):
        if name in measured:
            facts.put(name, measured[name], curve.place, step=at)
    layers = {name.removeprefix(":"): value for name, value in measured.items() if name.startswith(":")}
    if layers:
        facts.put("difference_by_layer", layers, step=at)
    return facts


def _last(trace: Trace, curve: Curve, seconds: float) -> int:
    in_time = {row.index for row in trace.iterations if row.seconds <= seconds and row.loss is not None}
    return max((step for step in curve.steps if step in in_time), default=curve.steps[0])


def compared(step: Step) -> Mapping[str, float]:
    """Loss and gradient as in the run, against those in double precision."""
    replica = step.replica()
    for part in replica.model.modules():
        if isinstance(part, _DropoutNd):
            part.eval()
        elif isinstance(part, nn.RNNBase | nn.MultiheadAttention):
            part.dropout = 0.0
    with torch.no_grad():
        if not torch.equal(replica.output(seed=0), replica.output(seed=1)):
            raise CannotMeasure("the model draws random numbers of its own, which are others in double precision")
        factor = step.value / replica.loss(replica.output()).item()
    own, slopes = _slopes(replica, factor)
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # what the model makes on its way
    try:
        replica.double()
        true, exact = _slopes(replica, factor)
    finally:
        torch.set_default_dtype(usual)
    apart = {name: slopes[name] - exact[name] for name in exact}
    there = sum(int((one.abs() > SMALLEST).sum()) for one in exact.values())
    lost = sum(int(((one.abs() > SMALLEST) & (slopes[name] == 0)).sum()) for name, one in exact.items())
    found = {f":{name}": float(apart[name].norm() / one.norm()) for name, one in exact.items() if one.any()}
    found["loss_difference"] = abs(own - true) / (abs(true) or 1.0)
    if there:
        found["lost_share"] = lost / there
        found["gradient_difference"] = _norm(apart) / _norm(exact)
    return found


def _norm(gradient: Mapping[str, Tensor]) -> float:
    return float(sum(float(one.square().sum()) for one in gradient.values()) ** 0.5)


def _slopes(replica: Replica, factor: float) -> tuple[float, dict[str, Tensor]]:
    """The loss, and its gradient as the run's backward pass has it, by parameter."""
    weights = {name: one for name, one in replica.model.named_parameters() if one.requires_grad}
    loss = factor * replica.loss(replica.output())
    slopes = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    return loss.item(), {name: one.double() for name, one in zip(weights, slopes, strict=True) if one is not None}
