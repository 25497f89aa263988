"""How the user's code scores the outputs of an evaluation: the first comparisons with the truth are listened to."""

from __future__ import annotations

import threading
import weakref
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
from nndoctor.worker.tensors import found_in, readable

Tell = Callable[[ScoreSeen], None]

CALLS = 6
"""So many calls of each model, in each of the first iterations and after them, leave the mode on until the next one."""
EQUAL = ("eq", "ne", "sub", "rsub")
HALVED = ("gt", "ge", "greater", "greater_equal", "lt", "le")
CHOSEN = ("argmax", "softmax", "log_softmax")
VIEWS = (
    "squeeze",
    "unsqueeze",
    "view",
    "reshape",
    "flatten",
    "ravel",
    "detach",
    "clone",
    "cpu",
    "to",
    "float",
    "double",
)
"""What leaves the numbers as they are."""


class Scoring(TorchFunctionMode):
    """Follows what is made of the outputs of one call."""

    def __init__(
        self, places: Places, outputs: list[Tensor], heard: Callable[[], bool], chased: Chased, tell: Tell
    ) -> None:
        """`outputs` are the floating tensors that the model gave; `tell` takes what is doubtful."""
        super().__init__()
        self._chased = chased
        self._places = places
        self._heard = heard
        self._tell = tell
        self._raw: dict[int, weakref.ref[Tensor]] = {}
        self._made: dict[int, weakref.ref[Tensor]] = {}
        self.deaf = False
        for tensor in outputs:
            self._raw[id(tensor)] = self._made[id(tensor)] = weakref.ref(tensor)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function as it would have been called, then looks at what was scored by it."""
        kwargs = kwargs or {}
        result = getattr(func, "unwatched", func)(*args, **kwargs)
        name = str(getattr(func, "__name__", "")).strip("_")
        self.deaf = self.deaf or name == "backward"
        if not self.deaf and self._heard():
            given = [tensor for _, tensor in found_in((args, kwargs))]
            self._chased.passed_on(given, result)
            if any(_holds(self._made, tensor) for tensor in given):
                # topk and max give values and places
                self._made |= {id(tensor): weakref.ref(tensor) for _, tensor in found_in(result)}
                if isinstance(result, Tensor):
                    self._judge(name, args, kwargs, result)
                    if name in VIEWS and _holds(self._raw, args[0]):
                        self._raw[id(result)] = weakref.ref(result)
        return result

    def _judge(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Tensor) -> None:
        first = args[0] if args and isinstance(args[0], Tensor) else None
        if first is None:
            return
        if name in EQUAL and len(args) == 2 and isinstance(args[1], Tensor):
            # one is the truth, that no model has made
            if _holds(self._made, first) is not _holds(self._made, args[1]) and _is_table(first, args[1]):
                self._note("table", first)
        elif _is_against_half(name, args) and _holds(self._raw, first):
            self._note("half", first)
        elif name in CHOSEN and first.dim() == 2 and first.shape[1] == 1 < len(first):
            axis = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis"))
            if axis in (1, -1):
                self._note("single", first)

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
        outputs = [tensor for _, tensor in list(found_in(output))[:4] if tensor.is_floating_point()]
        if not outputs:
            return
        self._calls[counted] += 1
        self._mode, self._thread = self._following(outputs), threading.get_ident()
        _push_mode(self._mode)

    def _following(self, outputs: list[Tensor]) -> Scoring:
        return Scoring(self._places, outputs, self._heard, self._chased, self._journal.write_thinned)

    def leave(self) -> None:
        """Takes the mode off, where it was put on."""
        if self._mode is None or threading.get_ident() != self._thread:
            return
        mode, self._mode = self._mode, None
        mode.deaf = True
        take_off(mode)


def _is_table(one: Tensor, other: Tensor) -> bool:
    """Whether [N, 1] meets [N]: as many of each, and each meets each."""
    longer, shorter = sorted((tuple(one.shape), tuple(other.shape)), key=len, reverse=True)
    return longer == (*shorter, 1) and bool(shorter) and shorter[-1] > 1


def _is_against_half(name: str, args: tuple[Any, ...]) -> bool:
    return name == "round" or (name in HALVED and len(args) > 1 and isinstance(args[1], float) and args[1] == 0.5)


def _holds(known: dict[int, weakref.ref[Tensor]], value: Any) -> bool:
    reference = known.get(id(value))
    return reference is not None and reference() is value
