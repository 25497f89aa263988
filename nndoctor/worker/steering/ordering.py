"""Orders drawn at random by the script: one and the same for all things of a length, or none at all."""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy
import torch

from nndoctor.worker.steering.around import Around, Steering

SEED = 20_240
SAMPLERS = "torch.utils.data.sampler"


class Ordering(Steering):
    """Answers every question for a random order with the same one. Random numbers are used up as they would be."""

    needs = "no order drawn by torch.randperm, or by shuffle and permutation of numpy or random"

    def __init__(self, *, kept: bool) -> None:
        """`kept`: nothing is moved, but by loaders, which move inputs and labels together."""
        super().__init__()
        self._kept = kept
        self._orders: dict[int, Any] = {}

    def order(self, length: int) -> Any:
        """That of things of so great a number."""
        if length not in self._orders:
            own = numpy.random.Generator(numpy.random.PCG64(SEED))
            self._orders[length] = numpy.arange(length) if self._kept else own.permutation(length)
        self.applied += 1
        return self._orders[length]

    def install(self, around: Around) -> None:
        """Round torch's, numpy's and Python's functions."""
        self.around = around
        owner: Any
        torch.randperm = around.wrapped(torch.randperm, self._randperm)
        numpy.random.permutation = around.wrapped(numpy.random.permutation, self._permutation)
        numpy.random.shuffle = around.wrapped(numpy.random.shuffle, self._shuffle)
        numpy.random.default_rng = around.wrapped(numpy.random.default_rng, self._generator)
        for owner in (random, random.Random):
            owner.shuffle = around.wrapped(owner.shuffle, self._shuffled_list)

    def _randperm(self, draw: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = draw(*args, **kwargs)
        # the advice, the wrapper, the caller
        if self._kept and sys._getframe(2).f_globals.get("__name__") == SAMPLERS:
            return drawn
        return drawn.copy_(torch.from_numpy(self.order(len(drawn)))) if len(drawn) else drawn

    def _permutation(self, draw: Any, things: Any, *args: Any, **kwargs: Any) -> Any:
        draw(things, *args, **kwargs)
        return self.permuted(things)

    def permuted(self, things: Any) -> Any:
        """As numpy's permutation gives them."""
        given = numpy.arange(things) if isinstance(things, int | numpy.integer) else numpy.asarray(things)
        return given[self.order(len(given))]

    def _shuffle(self, draw: Any, things: Any, *args: Any, **kwargs: Any) -> None:
        self.reorder(things, lambda: draw(things, *args, **kwargs))

    def reorder(self, things: Any, draw: Any) -> None:
        """In place, whatever `draw` makes of them."""
        before: Any = things.clone() if isinstance(things, torch.Tensor) else things[:]
        before = before.copy() if isinstance(things, numpy.ndarray) else before
        draw()
        for place, number in enumerate(self.order(len(before)).tolist()):
            things[place] = before[number]

    def _shuffled_list(self, draw: Any, *given: Any, **kwargs: Any) -> None:
        self.reorder(given[-1], lambda: draw(*given, **kwargs))

    def _generator(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        drawn = original(*args, **kwargs)
        return drawn if args and drawn is args[0] else _standing(self)(drawn.bit_generator)


def _standing(steering: Ordering) -> type[numpy.random.Generator]:
    """The class can't be wrapped, as it is written in C: this one stands for it."""

    class Generator(numpy.random.Generator):
        def permutation(self, x: Any, axis: int = 0) -> Any:
            drawn = super().permutation(x, axis)
            return steering.permuted(x) if steering.around.here() and not axis else drawn

        def shuffle(self, x: Any, axis: int = 0) -> None:
            if not steering.around.here() or axis:
                super().shuffle(x, axis)
                return
            steering.reorder(x, lambda: super(Generator, self).shuffle(x, axis))

    return Generator
