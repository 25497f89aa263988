"""The calls of a loss function, made comparable."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean

from nndoctor.seen import LossCall
from nndoctor.trace import Trace


def per_sample(call: LossCall) -> float | None:
    """The value of a loss as a mean, whatever its reduction."""
    if call.value is None or call.reduction != "sum":
        return call.value
    return call.value / max(1, math.prod(call.target.shape))


def main_loss(trace: Trace) -> list[LossCall]:
    """The training calls of the loss that is fed most, by the line that calls it, in order."""
    groups: dict[object, list[LossCall]] = defaultdict(list)
    for call in trace.losses:
        if not call.evaluating:
            groups[call.function, call.place and call.place.spot].append(call)
    return max(groups.values(), key=lambda group: sum(math.prod(c.target.shape) for c in group), default=[])


def target_variance(call: LossCall) -> float | None:
    """The variance of the targets; the mean over outputs where there are several."""
    if call.target.channel_std and len(call.target.shape) == 2:
        return fmean(std * std for std in call.target.channel_std)
    return None if call.target.std is None else call.target.std**2
