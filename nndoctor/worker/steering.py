"""Interventions at work: what a rerun changes, through the tap's own hooks, so that the user's code stays as it is."""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nndoctor.intervention import InputsStandardised, Intervention, LearningRateTimes, NoChange


class Steering:
    """Changes nothing: the plain rerun.

    `feeds`: it wants to change what models are given; `factor`: by what learning rates are multiplied.
    """

    feeds = False
    factor = 1.0

    def __init__(self) -> None:
        """Nothing was changed yet."""
        self.applied = 0

    def inputs(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """What an outermost call of a module is given instead."""
        return args, kwargs

    def step_begins(self, optimizer: Optimizer) -> None:
        """An optimizer is about to step."""

    def step_ended(self) -> None:
        """It has stepped."""


class Rates(Steering):
    """Multiplies the learning rates for the time of one step, so that schedulers and the user see their own."""

    def __init__(self, factor: float) -> None:
        """`factor` is for every rate."""
        super().__init__()
        self.factor = factor
        self._own: list[tuple[dict[str, Any], Any]] = []

    def step_begins(self, optimizer: Optimizer) -> None:
        """Sets the changed rates."""
        self.applied += 1
        for group in optimizer.param_groups:
            own = group["lr"]
            self._own.append((group, own))
            group["lr"] = own * self.factor if isinstance(own, Tensor) else float(own) * self.factor

    def step_ended(self) -> None:
        """Puts the user's rates back."""
        for group, own in self._own:
            group["lr"] = own
        self._own.clear()


class Standardising(Steering):
    """Brings floating inputs to mean 0 and spread 1 by channel or feature, by what was seen of them so far.

    A table has its features on axis 1, an image its channels; a sequence its features on the last axis, unless a
    convolution reads it. Tensors that another model made are left alone.
    """

    feeds = True

    def __init__(self) -> None:
        """No input was seen yet."""
        super().__init__()
        self._seen: dict[tuple[int, str], _Moments] = {}

    @torch.no_grad()
    def inputs(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The same arguments, every floating tensor among them standardised."""
        if next(module.parameters(), None) is None:
            return args, kwargs  # a loss is given outputs and targets, not data
        changed = {key: self._standardised(module, str(key), value) for key, value in enumerate(args)}
        named = {key: self._standardised(module, key, value) for key, value in kwargs.items()}
        return tuple(changed.values()), named

    def _standardised(self, module: nn.Module, place: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)(self._standardised(module, f"{place}.{n}", part) for n, part in enumerate(value))
        if isinstance(value, dict) and type(value) is dict:
            return {key: self._standardised(module, f"{place}.{key}", part) for key, part in value.items()}
        if not isinstance(value, Tensor) or not value.is_floating_point() or value.dim() < 2 or value.requires_grad:
            return value
        self.applied += 1
        axis = value.dim() - 1 if value.dim() == 3 and not _convolves(module) else 1
        moments = self._seen.setdefault((id(module), place), _Moments())
        if module.training or not moments.count:
            moments.take(value.detach().movedim(axis, -1).reshape(-1, value.shape[axis]))
        shape = [1] * value.dim()
        shape[axis] = -1
        mean, std = moments.mean.to(value.dtype).view(shape), moments.std().to(value.dtype).view(shape)
        return (value - mean) / std


class _Moments:
    """Mean and spread by column of all rows seen so far (Chan et al., 1983, for adding a batch of rows)."""

    def __init__(self) -> None:
        self.count = 0
        self.mean = self._squares = torch.zeros(1)

    def take(self, rows: Tensor) -> None:
        rows = rows.double()
        mean, n = rows.mean(0), rows.shape[0]
        squares = (rows - mean).square().sum(0)
        if not self.count:
            self.mean, self._squares, self.count = mean, squares, n
            return
        apart, total = mean - self.mean, self.count + n
        self.mean = self.mean + apart * n / total
        self._squares = self._squares + squares + apart.square() * self.count * n / total
        self.count = total

    def std(self) -> Tensor:
        spread = (self._squares / self.count).sqrt()
        # a column that never changes is 0 once its mean is gone
        return torch.where(spread > 0, spread, torch.ones_like(spread))


def _convolves(module: nn.Module) -> bool:
    first = next((part for part in module.modules() if next(part.parameters(recurse=False), None) is not None), None)
    return isinstance(first, nn.Conv1d)


def _unknown(intervention: NoReturn) -> NoReturn:
    raise TypeError(f"nothing applies {intervention!r}")  # typing.assert_never came with Python 3.11


def steering(intervention: Intervention | None) -> Steering:
    """What applies that intervention."""
    match intervention:
        case LearningRateTimes(factor):
            return Rates(factor)
        case InputsStandardised():
            return Standardising()
        case NoChange() | None:
            return Steering()
        case _:
            _unknown(intervention)
