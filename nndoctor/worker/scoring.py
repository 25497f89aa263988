"""How the user's code scores the outputs of an evaluation: the first comparisons with the truth are listened to."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, _push_mode

from nndoctor.evaluating import ScoreSeen
from nndoctor.worker.chased import Chased
from nndoctor.worker.cost import CLOSE_ITERATIONS
from nndoctor.worker.journal import Journal
from nndoctor.worker.mode_stack import take_off
from nndoctor.worker.models import Known
from nndoctor.worker.places import Places
from nndoctor.worker.scored import Scored, name_of
from nndoctor.worker.tensors import found_in, readable

Tell = Callable[[ScoreSeen], None]

CALLS = 6
"""So many calls of each model, in each of the first iterations and after them, leave the mode on until the next one."""


class Scoring(TorchFunctionMode):
    """Follows what is made of the outputs of one call."""

    def __init__(self, places: Places, scored: Scored, heard: Callable[[], bool], chased: Chased, tell: Tell) -> None:
        """`scored` knows the outputs that the model gave; `tell` takes what is doubtful."""
        super().__init__()
        self._chased = chased
        self._places = places
        self._heard = heard
        self._tell = tell
        self._scored = scored
        self.deaf = False

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function as it would have been called, then looks at what was scored by it."""
        kwargs = kwargs or {}
        result = getattr(func, "unwatched", func)(*args, **kwargs)
        name = name_of(func)
        self.deaf = self.deaf or name == "backward"
        if not self.deaf and self._heard():
            given = [tensor for _, tensor in found_in((args, kwargs))]
            self._chased.passed_on(given, result)
            if any(map(self._scored.is_made, given)):
                doubt = self._scored.doubt(name, args, kwargs) if isinstance(result, Tensor) else None
                self._scored.passed_on(name, args, kwargs, result)
                if doubt is not None:
                    self._note(*doubt)
        return result

    def _note(self, how: str, scored: Tensor) -> None:
        place = self._places.here()
        if place is None or not readable(scored) or not scored.numel():
            return
        with torch._C.DisableTorchFunction():
            numbers = scored.detach().double()
            low, high = numbers.min().item(), numbers.max().item()
            above = numbers[numbers > 0]
            between = (above <= 0.5).double().mean().item() if above.numel() else 0.0
        self._tell(ScoreSeen(how, place, tuple(scored.shape), low, high, between))


class Scores:
    """Puts the mode on when a model has been evaluated, until the next call of any."""

    def __init__(self, journal: Journal, places: Places, heard: Callable[[], bool], chased: Chased) -> None:
        """Nothing was scored yet; `heard`: whether it is the user's code that calls."""
        self._journal = journal
        self._heard = heard
        self._places = places
        self._chased = chased
        self._calls: Counter[tuple[int, int]] = Counter()
        self._mode: Scoring | None = None
        self._thread = 0

    def follow(self, known: Known, output: Any, iteration: int) -> None:
        """A call from which no gradient is to come back has given this."""
        # one who acts has asked its net many times before the first batch is learnt from
        counted = (known.number, min(iteration, CLOSE_ITERATIONS))
        if self._calls[counted] >= CALLS or torch._C._get_tracing_state() is not None:
            return
        if torch._C._len_torch_function_stack():
            return  # a mode of the user's own may end before ours, and would then take ours off the stack
        scored = Scored(output)
        if not scored:
            return
        self._calls[counted] += 1
        self._mode, self._thread = self._following(scored), threading.get_ident()
        _push_mode(self._mode)

    def _following(self, scored: Scored) -> Scoring:
        return Scoring(self._places, scored, self._heard, self._chased, self._journal.write_thinned)

    def leave(self) -> None:
        """Takes the mode off, where it was put on."""
        if self._mode is None or threading.get_ident() != self._thread:
            return
        mode, self._mode = self._mode, None
        mode.deaf = True
        take_off(mode)
