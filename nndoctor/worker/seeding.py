"""The random seeds that a script sets: set again to the same value at every step, they make every draw the same."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

import numpy
import torch

from nndoctor.case import Place
from nndoctor.trace import Reseeded
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places


class Seeding:
    """Counts the iterations before which a seed was set to the value that it was set to before."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """No seed was set yet."""
        self._journal = journal
        self._places = places
        self._values: dict[str, object] = {}
        self._last = -1
        self._iterations = 0
        self._place: Place | None = None

    def install(self, now: Callable[[], int | None]) -> None:
        """Listens to torch, numpy and Python; `now` gives the iteration, None while nobody is to be heard."""
        torch.manual_seed = torch.random.manual_seed = self._heard("torch", torch.manual_seed, now)
        numpy.random.seed = self._heard("numpy", numpy.random.seed, now)
        random.seed = self._heard("python", random.seed, now)

    def _heard(self, name: str, seed: Callable[..., Any], now: Callable[[], int | None]) -> Callable[..., Any]:
        @functools.wraps(seed)
        def seeded(*args: Any, **kwargs: Any) -> Any:
            result = seed(*args, **kwargs)
            iteration = now()
            if iteration is not None and args and isinstance(args[0], int):
                self._set(name, args[0], iteration)
            return result

        return seeded

    def _set(self, name: str, value: int, iteration: int) -> None:
        again = self._values.get(name) == value
        self._values[name] = value
        if again and iteration != self._last:
            self._last = iteration
            self._iterations += 1
            self._place = self._place or self._places.here()

    def close(self) -> None:
        """Writes how often that was."""
        if self._iterations:
            self._journal.write(Reseeded(self._iterations, self._place))
