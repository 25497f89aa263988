"""Which axis holds the samples, the steps, the pixels: by the labels, by the layers, and by what is smooth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from nndoctor.case import Place
from nndoctor.layouts import AS_IS, LayoutSeen
from nndoctor.loss_calls import main_loss
from nndoctor.seen import OpSeen
from nndoctor.trace import Trace

RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
ATTENDING = "multi_head_attention_forward"
GAIN = 0.25
"""True pictures and series measured 0.3 to 1 more than scrambled ones; others, in a wrong order, never more."""
ALIKE = 0.4
ERRORS = 6.0


@dataclass(frozen=True, slots=True)
class Swapped:
    """So many samples are taken for steps, and so many steps for samples."""

    place: Place | None
    samples: float
    steps: float


def along_samples(trace: Trace) -> Swapped | None:
    """Every recurrent layer and attention of a model runs along the axis that has one label for each place."""
    found = None
    for forward in trace.forwards:
        flags = {
            module.settings.get("batch_first", 0.0) for module in trace.models[forward.model].modules
            if module.kind in ("LSTM", "GRU", "RNN")
        } if forward.model in trace.models else set()  # fmt: skip
        labels = _labels(trace, forward.model, forward.iteration)
        for one in forward.operations:
            if not one.name.startswith((*RECURRENT, ATTENDING)) or not one.shapes or len(one.shapes[0]) != 3:
                continue
            if len(flags) > 1 or not labels:
                return None
            # attention has the steps first by the time it is called, whatever its module was given
            last = 1.0 in flags and one.name != ATTENDING
            along, other = one.shapes[0][1 if last else 0], one.shapes[0][0 if last else 1]
            if along != labels[0] or other in (1, *labels):
                return None
            found = found or Swapped(one.place, float(along), float(other))
    return found


def _labels(trace: Trace, model: int, iteration: int) -> tuple[int, ...]:
    """The shape of the target, as long as outputs have as many rows; () where it is not known or tells no samples."""
    outputs = [
        batch.output.shape
        for batch in trace.batches
        if (batch.model, batch.iteration) == (model, iteration) and batch.output is not None and not batch.evaluating
    ]
    targets = [c.target.shape for c in main_loss(trace) if c.iteration == iteration and len(c.target.shape) in (1, 2)]
    same = outputs and targets and outputs[0][:1] == targets[0][:1] and len(outputs[0]) <= 2
    return targets[0] if same else ()


def scrambled(trace: Trace) -> tuple[LayoutSeen, LayoutSeen, float] | None:
    """The input as it is, in the order in which it is smoothest, and the difference in standard errors."""
    best = None
    for now in trace.layouts:
        axes = smooth_axes(trace, now)
        if now.order != AS_IS or not axes:
            continue
        # a series must be smoother than anything is along any axis now: its features may be alike too
        before = smoothness(now, axes) if len(axes) > 1 else max(now.likeness)
        for other in trace.layouts:
            if (other.model, other.path) != (now.model, now.path) or other.order == AS_IS:
                continue
            gain = (after := smoothness(other, axes)) - before
            errors = gain / max(hypot(now.error, other.error), 1e-6)
            if gain > GAIN and after > ALIKE and errors > ERRORS and (best is None or gain > best[3]):
                best = (now, other, errors, gain)
    return best[:3] if best else None


def smoothness(one: LayoutSeen, axes: tuple[int, ...]) -> float:
    """How alike neighbours are: a picture needs both its axes."""
    return min(one.likeness[axis] for axis in axes)


def smooth_axes(trace: Trace, one: LayoutSeen) -> tuple[int, ...]:
    """The axes along which the first layer with weights takes neighbours for neighbours."""
    first = next((_knowing(f.operations) for f in trace.forwards if f.model == one.model), "")
    if len(one.shape) == 4:
        return (2, 3) if first.startswith("conv2d") else ()
    if first.startswith("conv1d"):
        return (2,)
    modules = trace.models[one.model].modules if one.model in trace.models else ()
    flags = {module.settings.get("batch_first") for module in modules if "batch_first" in module.settings}
    return (1,) if first.startswith(RECURRENT) and flags == {1.0} else ()


def _knowing(operations: Sequence[OpSeen]) -> str:
    layers = ("conv", *RECURRENT, "linear", "matmul", "embedding", ATTENDING)
    return next((one.name for one in operations if one.name.startswith(layers)), "")
