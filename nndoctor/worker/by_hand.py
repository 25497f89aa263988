"""Trainings that step by hand, without an optimizer: do the weights move on gradients that nobody cleaned?"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nndoctor.trace import StepTotals
from nndoctor.worker.graph import walk
from nndoctor.worker.journal import Journal

WATCHED = 40
LOOKED_AT = 8
NUMBER = -1
"""What stands for the optimizer in the records: no real one has this number."""


@dataclass(slots=True)
class _Leaf:
    """A weight as the last backward pass left it; `gradient` is the memory and the version of what it then had."""

    weight: weakref.ref[Tensor]
    sample: Tensor
    gradient: tuple[int, int] | None

    def moved(self, weight: Tensor) -> bool:
        return not torch.equal(_sample(weight), self.sample)

    def is_uncleaned(self, weight: Tensor) -> bool:
        """The very gradient of the step before, untouched; one that was scaled down is a momentum, and meant."""
        gradient = weight.grad
        return gradient is not None and _state(gradient) == self.gradient and bool(gradient.any())


class ByHand:
    """Looks at some of the weights before and after the first backward passes, as long as there is no optimizer."""

    def __init__(self, journal: Journal) -> None:
        """Nothing was seen yet."""
        self._journal = journal
        self._loss: Tensor | None = None
        self._leaves: list[_Leaf] = []
        self._backwards = self._steps = self._uncleaned = 0

    @torch.no_grad()
    def begins(self, loss: Any) -> None:
        """A loss is about to go backward: what was done to the weights since the last time?"""
        if self._backwards >= WATCHED or not isinstance(loss, Tensor) or loss.is_cuda:
            return
        self._backwards += 1
        self._loss = loss
        known = [(leaf, weight) for leaf in self._leaves if (weight := leaf.weight()) is not None]
        moved = [(leaf, weight) for leaf, weight in known if leaf.moved(weight)]
        self._steps += bool(moved) or len(known) < len(self._leaves)
        self._uncleaned += bool(moved) and all(leaf.is_uncleaned(weight) for leaf, weight in moved)

    @torch.no_grad()
    def ended(self) -> None:
        """The gradients are there."""
        loss, self._loss = self._loss, None
        if loss is None:
            return
        weights = [leaf.weight() for leaf in self._leaves]
        if not weights or None in weights:
            weights = [*(leaf for leaf in walk(loss).leaves[:LOOKED_AT] if leaf.device.type == "cpu")]
        self._leaves = [
            _Leaf(weakref.ref(weight), _sample(weight).clone(), _state(weight.grad))
            for weight in weights
            if weight is not None
        ]

    def close(self) -> None:
        """Writes the account of a training that made steps."""
        if self._steps:
            # a step is known by the next backward pass, so that the last one is not
            steps = self._steps + 1
            counts = (steps, self._uncleaned, 0, 0, self._backwards)
            self._journal.write(StepTotals(NUMBER, *counts, schedule_before_step=False, tokens="", judged=steps))


def _state(gradient: Tensor | None) -> tuple[int, int] | None:
    if gradient is None or gradient.layout != torch.strided:
        return None
    return gradient.data_ptr(), gradient._version


def _sample(weight: Tensor) -> Tensor:
    flat = weight.detach().reshape(-1)
    return flat[:: max(1, flat.numel() // 64)]
