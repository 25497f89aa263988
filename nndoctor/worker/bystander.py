"""Keeps what a look at a living training could change: random numbers, gradients, and the loader's generators."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.loop import Training


@dataclass(frozen=True, slots=True)
class Draws:
    """Where all the random numbers stand: Python's, NumPy's, and torch's on every device."""

    pythons: Any
    numpys: Any
    torchs: Tensor
    cudas: list[Tensor]

    @classmethod
    def now(cls) -> Draws:
        """As they stand."""
        numpy: Any = sys.modules.get("numpy")
        return cls(
            random.getstate(),
            numpy.random.get_state() if numpy is not None else None,
            torch.get_rng_state(),
            torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        )

    def put_back(self) -> None:
        """So that the same numbers are drawn from here on."""
        random.setstate(self.pythons)
        torch.set_rng_state(self.torchs)
        if self.cudas:
            torch.cuda.set_rng_state_all(self.cudas)
        if self.numpys is not None:
            sys.modules["numpy"].random.set_state(self.numpys)


@contextmanager
def untouched(training: Training) -> Iterator[None]:
    """Puts all back, to the bit, whatever happened in between."""
    draws = Draws.now()
    generators = [(generator, generator.get_state()) for generator in _generators(training.loader)]
    # a loss function that reaches the model by a name of its own must not add to gradients that are there
    gradients = [(parameter, parameter.grad) for parameter in training.model.parameters()]
    for parameter, _ in gradients:
        parameter.grad = None
    try:
        yield
    finally:
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for generator, state in generators:
            generator.set_state(state)
        draws.put_back()


def reseed(training: Training, seed: int) -> None:
    """Other random numbers, to see the noise; within `untouched` only."""
    sow(seed)
    for generator in _generators(training.loader):
        generator.manual_seed(seed)


def sow(seed: int) -> None:
    """The same for Python's, NumPy's and torch's own."""
    random.seed(seed)
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would wait for a CUDA that comes to life later
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(seed)


def _generators(loader: Any) -> list[torch.Generator]:
    samplers = [getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)]
    samplers.append(getattr(samplers[1], "sampler", None))
    found = {id(one): one for one in (getattr(holder, "generator", None) for holder in (loader, *samplers))}
    return [generator for generator in found.values() if isinstance(generator, torch.Generator)]
