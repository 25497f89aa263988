"""Inputs of evaluations brought to what the model was trained on: the same mean and spread, or order of channels."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.given import SHIFTED, STRETCHED, EvaluatedLikeTraining
from nndoctor.worker.steering.inputs import Moments
from nndoctor.worker.steering.modes import Modes, way_here

FEWEST = 16
"""Rows of a batch by which it is known to be like those of training."""


class Aligning(Modes):
    """Applies `EvaluatedLikeTraining`: by channel or feature, as far as both were seen."""

    needs = "no evaluation of a model that was given tables or images in training"

    def __init__(self, change: EvaluatedLikeTraining) -> None:
        """No input was seen yet."""
        super().__init__()
        self._by = change.by
        self._trained: dict[tuple[int, str, int], Moments] = {}
        self._looked: dict[tuple[int, str, int], Moments] = {}

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        way = way_here()
        ways = self.ways_of(module)
        looks = bool(ways.trains) and (not torch.is_grad_enabled() or self.is_look(module, ways, way))
        with torch.no_grad():
            args = tuple(self._given(module, str(n), one, looks=looks) for n, one in enumerate(args))
            kwargs = {name: self._given(module, name, one, looks=looks) for name, one in kwargs.items()}
        output = call(module, *args, **kwargs)
        if torch.is_grad_enabled():
            ways.goes(way, output)
        return output

    def _given(self, module: nn.Module, place: str, value: Any, *, looks: bool) -> Any:
        if not isinstance(value, Tensor) or not value.is_floating_point() or value.dim() < 2 or value.requires_grad:
            return value
        if self._by == "channels":
            swaps = looks and value.dim() == 4 and value.shape[1] == 3
            self.applied += swaps
            return value.flip(1) if swaps else value
        axis = value.dim() - 1 if value.dim() == 3 else 1
        key = (id(module), place, value.shape[axis])
        rows = value.movedim(axis, -1).reshape(-1, value.shape[axis])
        if not looks:
            if module.training or key not in self._trained:
                self._trained.setdefault(key, Moments()).take(rows)
            return value
        if key not in self._trained or _alike(rows, self._trained[key]):
            return value
        self.applied += 1
        seen, trained = self._looked.setdefault(key, Moments()), self._trained[key]
        seen.take(rows)
        shape = [value.shape[axis] if n == axis else 1 for n in range(value.dim())]
        aligned = (value - seen.mean.view(shape)) / seen.std().view(shape)
        return (aligned * trained.std().view(shape) + trained.mean.view(shape)).to(value.dtype)


def _alike(rows: Tensor, trained: Moments) -> bool:
    """Whether most columns of a batch have the mean and spread of training; of few rows nothing is told."""
    if len(rows) < FEWEST:
        return False
    own, spread = Moments(), trained.std()
    own.take(rows)
    ratio = own.std() / spread
    shift, stretch = (own.mean - trained.mean).abs() / spread, torch.maximum(ratio, 1 / ratio)
    return bool(shift.median() <= SHIFTED) and bool(stretch.median() <= STRETCHED)
