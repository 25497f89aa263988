"""What a loss's targets are: padding, whole numbers, or out of reach, given the network's last function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.tensors import LARGEST_READ, finite, readable, strided

RANGES = {
    "ReluBackward0": ("relu", 0.0, inf),
    "SigmoidBackward0": ("sigmoid", 0.0, 1.0),
    "TanhBackward0": ("tanh", -1.0, 1.0),
    "SoftmaxBackward0": ("softmax", 0.0, 1.0),
    "SoftplusBackward0": ("softplus", 0.0, inf),
}
"""The functions that end a network, and from where to where they reach."""
MOVING = ("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Slice", "Select", "ToCopy", "Clone", "Alias")
"""Nodes behind which a value is the same, if in another place."""
FEWEST_ROWS = 4


def squashed(output: Tensor) -> Any:
    """The node of the last function, if it bounds the output and nothing is computed of it any more; else None."""
    node = output.grad_fn
    for _ in range(8):
        if node is None or node.name() in RANGES:
            return node
        if not node.name().startswith(MOVING) or len(node.next_functions) != 1:
            return None
        node = node.next_functions[0][0]
    return None


@torch.no_grad()
def reach(output: Tensor, target: Tensor) -> dict[str, Any]:
    """The fields of `LossCall` that tell whether the last function can reach these numbers; none where it may."""
    node = squashed(output)
    if node is None or not target.is_floating_point() or target.shape != output.shape or not target.numel():
        return {}
    kind, low, high = RANGES[node.name()]
    numbers = target.detach().double()
    missed = (low - numbers).clamp_min(0) + (numbers - high).clamp_min(0)
    variance = numbers.var(correction=0).item()
    return {
        "bounded_by": kind,
        "beyond": finite((missed > 0).double().mean().item()),
        "floor": finite((missed**2).mean().item() / variance) if variance else None,
    }


@torch.no_grad()
def levels(target: Tensor) -> int | None:
    """How many different numbers there are among targets that are all whole; None if one is not."""
    numbers = strided(target.detach(), LARGEST_READ)
    if target.is_complex() or (target.is_floating_point() and not bool((numbers == numbers.round()).all())):
        return None
    return len(torch.unique(numbers))


def in_padding(given: Iterable[Tensor], target: Tensor) -> Tensor | None:
    """Which targets stand in the padding at the ends of sequences, and the mask is as flat as they are.

    The padding of token ids is the value that fills the ends of rows, of different lengths, and stands nowhere else;
    of the ids that the model was given, or else of the targets themselves. None without any.
    """
    if target.is_floating_point() or not readable(target):
        return None
    for ids in (*_ids(given, target.numel()), *([target] if target.dim() == 2 else [])):
        tails = _tails(ids.detach())
        if tails is not None:
            mask = tails.to(target.device).reshape(-1)
            filled = target.detach().reshape(-1)[mask]
            # what belongs to padding is padding: all the same, whatever stands for it
            return mask if bool((filled == filled[-1]).all()) else None
    return None


def _ids(given: Iterable[Tensor], count: int) -> Iterator[Tensor]:
    for ids in given:
        whole = ids.dim() == 2 and not ids.is_floating_point() and ids.dtype != torch.bool
        if whole and ids.numel() == count and readable(ids):
            yield ids


def _tails(ids: Tensor) -> Tensor | None:
    """Where padding stands. A mask of zeros and ones fits the description, but has no third value."""
    if ids.shape[0] < FEWEST_ROWS or ids.shape[1] < 3:
        return None
    filler = ids[:, -1].mode().values
    same = ids == filler
    tails = same.long().flip(1).cumprod(1).flip(1).bool()
    lengths = tails.sum(1)
    alone = bool((same == tails).all()) and len(torch.unique(ids)) > 2
    return tails if alone and len(torch.unique(lengths)) >= 3 and int(lengths.max()) > 1 else None


@torch.no_grad()
def padded(given: Iterable[Tensor], target: Tensor, ignored: int | None) -> float | None:
    """The share of the targets that count and stand in padding; None where there is no padding."""
    mask = in_padding(given, target)
    if mask is None:
        return None
    counts = target.detach().reshape(-1) != (-100 if ignored is None else ignored)
    return float((mask & counts).sum() / counts.sum().clamp_min(1))
