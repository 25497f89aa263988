"""Units that begin all alike: along which axes a weight's slices are equal, and how far they have parted since."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

QUARTER = 0.75


def equal_along(weight: Tensor, axes: Iterable[int]) -> tuple[int, ...]:
    """Those of the axes, of two slices or more, along which every slice is the same."""
    return tuple(axis for axis in axes if weight.shape[axis] > 1 and _is_constant(weight, axis))


def _is_constant(weight: Tensor, axis: int) -> bool:
    # most weights differ in the first two slices: the whole is compared for the others only
    if not torch.equal(weight.select(axis, 0), weight.select(axis, 1)):
        return False
    return bool((weight == weight.narrow(axis, 0, 1)).all())


def apart(weight: Tensor, gradient: Tensor | None, axes: Iterable[int]) -> Tensor:
    """How far neighbouring slices are apart (three quarters of them no more than this), along the axis with the least.

    Relative to the weight's root mean square where that is not 0; of shape (1,). Slices without a gradient while others
    have one (a table's rows, a word that did not come up) tell nothing; NaN where no two neighbours tell anything.
    """
    scale = weight.double().square().mean().sqrt()
    least = torch.stack([_steps(weight, gradient, axis) for axis in axes]).double()
    nearest = torch.where(least.isnan(), torch.inf, least).amin()
    relative = torch.where(scale > 0, nearest / scale, nearest)
    return torch.where(nearest.isinf(), torch.nan, relative).reshape(1)


def _steps(weight: Tensor, gradient: Tensor | None, axis: int) -> Tensor:
    slices = weight.movedim(axis, 0).flatten(1)
    steps = (slices[1:] - slices[:-1]).abs().amax(1).double()
    if gradient is not None and gradient.layout == torch.strided:
        touched = gradient.movedim(axis, 0).flatten(1).any(1)
        telling = (touched[1:] & touched[:-1]) | ~touched.any()
        steps = torch.where(telling, steps, torch.nan)
    # all but a quarter of them: gates of one recurrent weight may part, its units must
    return steps.nanquantile(QUARTER, interpolation="lower")
