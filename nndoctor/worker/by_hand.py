"""Trainings that step by hand, without an optimizer: do the weights move on gradients that nobody cleaned?

And do units that began all alike part?
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from nndoctor.trace import LayerSample, StepTotals
from nndoctor.worker.graph import walk
from nndoctor.worker.journal import Journal
from nndoctor.worker.likeness import apart
from nndoctor.worker.models import Models

WATCHED = 40
LOOKED_AT = 8
WEIGHED = (1, 2, 4, 8, 16, 32)
"""The backward passes after which all weights are weighed."""
NUMBER = -1
"""What stands for the optimizer in the records: no real one has this number."""


@dataclass(slots=True)
class _Leaf:
    """A weight as the last backward pass left it; `gradient` is the memory and the version of what it then had."""

    weight: weakref.ref[Tensor]
    sample: Tensor
    gradient: tuple[int, int] | None

    def moved(self, weight: Tensor) -> bool:
        return not torch.equal(sample_of(weight), self.sample)

    def is_uncleaned(self, weight: Tensor) -> bool:
        """The very gradient of the step before, untouched; one that was scaled down is a momentum, and meant."""
        gradient = weight.grad
        return gradient is not None and _state(gradient) == self.gradient and bool(gradient.any())


class ByHand:
    """Looks at some of the weights before and after the first backward passes, as long as there is no optimizer."""

    def __init__(self, journal: Journal, models: Models) -> None:
        """Nothing was seen yet."""
        self._journal = journal
        self._models = models
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
    def ended(self, iteration: int) -> None:
        """The gradients are there."""
        loss, self._loss = self._loss, None
        if loss is None:
            return
        if self._backwards in WEIGHED:
            self._weigh(loss, iteration)
        weights = [leaf.weight() for leaf in self._leaves]
        if not weights or None in weights:
            weights = [*(leaf for leaf in walk(loss).leaves[:LOOKED_AT] if leaf.device.type == "cpu")]
        self._leaves = [
            _Leaf(weakref.ref(weight), sample_of(weight).clone(), _state(weight.grad))
            for weight in weights
            if weight is not None
        ]

    def _weigh(self, loss: Tensor, iteration: int) -> None:
        graded = [(leaf, leaf.grad) for leaf in walk(loss).leaves if leaf.grad is not None and not leaf.grad.is_sparse]
        named = [(self._models.name_of(leaf), leaf, gradient) for leaf, gradient in graded]
        sizes = {name: gradient.double().square().mean().sqrt().item() for name, _, gradient in named}
        alike = [(name, leaf, gradient) for name, leaf, gradient in named if name in self._models.alike]
        spread = {name: apart(leaf, gradient, self._models.alike[name]).item() for name, leaf, gradient in alike}
        finite = [{name: size for name, size in kind.items() if isfinite(size)} for kind in (sizes, spread)]
        self._journal.write(LayerSample(iteration, NUMBER, finite[0], {}, {}, {}, finite[1]))

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


def sample_of(weight: Tensor) -> Tensor:
    """Some of its values, not copied."""
    flat = weight.detach().reshape(-1)
    return flat[:: max(1, flat.numel() // 64)]
