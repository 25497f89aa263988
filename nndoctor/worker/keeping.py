"""When the weights of a model are copied or saved as a whole: what a script keeps of its best."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from nndoctor.evaluating import WeightsCopied
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places


class Keeping:
    """Notes it once for each iteration; `iteration` gives the number of backward passes, None if nobody listens."""

    def __init__(self, journal: Journal, places: Places, iteration: Callable[[], int | None]) -> None:
        """Nothing was kept yet."""
        self._journal = journal
        self._places = places
        self._iteration = iteration
        self._last = -1

    def copied(self) -> None:
        """Weights are copied now."""
        iteration = self._iteration()
        if iteration is not None and iteration != self._last:
            self._last = iteration
            self._journal.write_thinned(WeightsCopied(iteration, self._places.here()))

    def install(self) -> None:
        """Round state_dict() as it is called from outside, and torch.save of whole models."""
        state, save = nn.Module.state_dict, torch.save

        @functools.wraps(state)
        def state_dict(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
            # a module asks its parts with the destination that it fills
            if not args and "destination" not in kwargs:
                self.copied()
            return state(module, *args, **kwargs)

        @functools.wraps(save)
        def saved(thing: Any, *args: Any, **kwargs: Any) -> Any:
            parts = thing.values() if isinstance(thing, dict) else (thing,)
            if any(isinstance(part, nn.Module) for part in parts):
                self.copied()
            return save(thing, *args, **kwargs)

        nn.Module.state_dict, torch.save = state_dict, saved  # type: ignore[assignment]
