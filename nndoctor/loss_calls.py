"""The calls of a loss function, made comparable."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean

from nndoctor.seen import LossCall, TensorSeen
from nndoctor.trace import Trace

ROUNDING = 1e-3
"""No rounding of a logarithm or of a mean of 32-bit numbers reaches this."""
SEVERAL = 1.05
"""Soft labels sum to 1 but for rounding; datasets of several labels have 1.5 to 3 of them (VOC 1.5, COCO 2.9)."""


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


def is_binary(tensor: TensorSeen) -> bool:
    """Whether all values are 0 or 1: then, and within that range only then, their variance is m (1 - m)."""
    mean, std = tensor.mean, tensor.std
    if mean is None or std is None or tensor.minimum != 0 or tensor.maximum != 1:
        return False
    # the deviation may have been taken with n - 1
    return abs(std**2 - mean * (1 - mean)) < ROUNDING + 1 / max(1, math.prod(tensor.shape))


def row_sum(tensor: TensorSeen) -> float:
    """The mean sum of a target's rows, over the class axis."""
    return (tensor.mean or 0.0) * tensor.shape[1]
