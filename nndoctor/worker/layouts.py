"""Measures how smooth an input is in each order in which its values may have lain in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import torch
from torch import Tensor

from nndoctor.layouts import AS_IS, LayoutSeen
from nndoctor.worker.tensors import readable

MOST = 1 << 19
"""Elements of a batch that are looked at: a few images are enough, and this takes some milliseconds, once a model."""
FEWEST = 4
"""Along an axis of fewer there are no neighbours to speak of."""


@torch.no_grad()
def layouts_of(model: int, path: str, tensor: Tensor) -> Iterator[LayoutSeen]:
    """Nothing where the input is no sequence, image or volume of floating numbers, or one of ones and zeros."""
    if tensor.dim() not in (3, 4) or not tensor.is_floating_point() or not readable(tensor) or tensor.shape[0] < 2:
        return
    whole = tensor.detach()
    if whole.dim() == 4:
        whole = whole[: max(1, MOST // whole[0].numel())]
    if whole.numel() > MOST or sum(size >= FEWEST for size in whole.shape[1:]) < min(2, whole.dim() - 2):
        return
    plain = whole.contiguous().float()
    if not bool(torch.isfinite(plain).all()):
        return
    for order, read in _readings(plain):
        likeness, error = _likeness(read)
        yield LayoutSeen(model, path, tuple(tensor.shape), order, likeness, error)


def in_order(tensor: Tensor, order: str) -> Tensor:
    """The values of the tensor, taken to lie in memory in that order of its axes, in their own places."""
    axes = [int(digit) for digit in order]
    back = [axes.index(axis) for axis in range(len(axes))]
    return tensor.reshape([tensor.shape[axis] for axis in axes]).permute(back)


def _readings(tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    yield AS_IS, tensor
    axes = range(tensor.dim())
    shapes = set()
    for found in permutations(axes):
        shape = tuple(tensor.shape[axis] for axis in found)
        # samples of images are whole; a mere exchange of axes of one size moves no value to another place in memory
        if (tensor.dim() == 4 and found[0] != 0) or _told(tensor.shape, found) == _told(tensor.shape, axes):
            continue
        if shape not in shapes:
            shapes.add(shape)
            order = "".join(map(str, found))
            yield order, in_order(tensor, order)


def _told(shape: torch.Size, axes: object) -> list[int]:
    return [shape[axis] for axis in axes if shape[axis] > 1]  # type: ignore[attr-defined]  # a sequence of whole numbers


def _likeness(tensor: Tensor) -> tuple[tuple[float, ...], float]:
    """By axis, and the largest standard error over the samples."""
    found, errors = [], []
    for axis in range(tensor.dim()):
        if tensor.shape[axis] < FEWEST:
            found.append(0.0)
            continue
        channel = 1 if tensor.dim() == 4 else 3 - axis if axis else 2
        others = [one for one in range(tensor.dim()) if one != channel]
        centred = tensor - tensor.mean(others, keepdim=True)
        # by sample, for pale and bright pictures count alike; along the samples by what they hold
        spread, steps = (one.square().flatten(1).mean(1 if axis else 0) for one in (centred, centred.diff(dim=axis)))
        alike = 1 - steps / (2 * spread).clamp_min(1e-30)
        found.append(float(alike.mean()))
        errors.append(float(alike.std(correction=0)) / max(1, len(alike)) ** 0.5)
    return tuple(found), max(errors, default=0.0)
