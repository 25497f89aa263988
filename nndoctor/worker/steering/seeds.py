"""Other random numbers: every seed that the script sets, and those that it leaves as they come."""

from __future__ import annotations

import random
from typing import Any

import numpy
import torch

from nndoctor.worker.steering.around import Around, Steering


class Reseeding(Steering):
    """Shifts seeds. Random states that libraries make of their own (scikit-learn's `random_state`) stay."""

    def __init__(self, by: int, *, own: bool = True) -> None:
        """`by` is added to every seed; unless `own`, those that the script sets stay."""
        super().__init__()
        self.by = by
        self._own = own

    def install(self, around: Around) -> None:
        """At once, and whenever one is set."""
        self.applied += 1
        random.seed(self.by)
        numpy.random.seed(self.by)
        torch.manual_seed(torch.initial_seed() + self.by)
        if self._own:
            self._shift(around)

    def _shift(self, around: Around) -> None:
        def shifted(original: Any, seed: Any = None, *args: Any, **kwargs: Any) -> Any:
            if isinstance(seed, int):
                self.applied += 1
                seed += self.by
            with around.at_work():  # torch's own sets those of the devices
                return original(seed, *args, **kwargs)

        owner: Any
        for owner in (torch, torch.random):
            owner.manual_seed = around.wrapped(owner.manual_seed, shifted)
        for name in ("manual_seed", "manual_seed_all"):
            setattr(torch.cuda, name, around.wrapped(getattr(torch.cuda, name), shifted))
        random.seed = around.wrapped(
            random.seed, lambda original, a=None, *args, **kw: shifted(original, a, *args, **kw)
        )
        numpy.random.seed = around.wrapped(numpy.random.seed, shifted)
        numpy.random.default_rng = around.wrapped(numpy.random.default_rng, shifted)
        torch.Generator = self._generator(around)  # type: ignore[misc]

    def _generator(self, around: Around) -> type[torch.Generator]:
        """The class can't be wrapped, as it is written in C: this one stands for it."""
        own: Any = torch.Generator
        steering = self

        class Standing(type(own)):  # type: ignore[misc]
            def __instancecheck__(cls, thing: object) -> bool:
                return isinstance(thing, own)

        class Generator(own, metaclass=Standing):  # type: ignore[misc]
            def manual_seed(self, seed: int) -> torch.Generator:
                if around.here():
                    steering.applied += 1
                    seed += steering.by
                return super().manual_seed(seed)

        return Generator
