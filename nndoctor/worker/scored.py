"""What a script makes of the outputs of one evaluation, and which of its steps make a metric wrong."""

from __future__ import annotations

import weakref
from typing import Any, TypeGuard

import torch
from torch import Tensor

from nndoctor.worker.tensors import found_in, readable

EQUAL = ("eq", "ne", "sub", "rsub")
HALVED = ("gt", "ge", "greater", "greater_equal", "lt", "le")
CHOSEN = ("argmax", "softmax", "log_softmax")
PICKED = ("max", "topk")
"""What gives the best and its place; with one class of things the place is right to be 0, as the truth is then."""
DATA: Any = Tensor.data
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
    "data",
    "getitem",
)
"""What leaves the numbers as they are, if it gives as many."""

Known = dict[int, weakref.ref[Tensor]]


class Scored:
    """Knows the outputs of one call, whatever their shape, and all that is made of them."""

    def __init__(self, output: Any) -> None:
        """`output` is what the model gave."""
        floating = [tensor for _, tensor in list(found_in(output))[:4] if tensor.is_floating_point()]
        self._raw: Known = {id(tensor): weakref.ref(tensor) for tensor in floating}
        self._made: Known = dict(self._raw)
        self._only: dict[int, tuple[weakref.ref[Tensor], Tensor]] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to be scored."""
        return bool(self._made)

    def is_raw(self, value: Any) -> bool:
        """Whether these are the numbers that the model gave."""
        return _holds(self._raw, value)

    def is_made(self, value: Any) -> bool:
        """Whether it was made of them."""
        return _holds(self._made, value)

    def passed_on(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """The function of that name made `result` of what is known."""
        given = [tensor for _, tensor in found_in(result)]
        # topk and max give values and places
        self._made |= {id(tensor): weakref.ref(tensor) for tensor in given}
        first = args[0] if args else None
        if name in PICKED and len(given) == 2 and _is_column(first) and _axis(name, args, kwargs) in (1, -1):
            self._only[id(given[1])] = weakref.ref(given[1]), first
        if not isinstance(result, Tensor) or not isinstance(first, Tensor):
            return
        alike = name in VIEWS and result.numel() == first.numel()
        if alike and self.is_raw(first):
            self._raw[id(result)] = weakref.ref(result)
        elif alike and (scores := self.picked_from(first)) is not None:
            self._only[id(result)] = weakref.ref(result), scores
        elif result is first:
            self._raw.pop(id(result), None)  # sigmoid_() has changed it

    def picked_from(self, value: Any) -> Tensor | None:
        """The column of scores of which these are the places of the best; None for all else."""
        reference, scores = self._only.get(id(value), (None, None))
        return scores if reference is not None and reference() is value else None

    def doubt(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Tensor] | None:
        """How that function would score, and what, if that is doubtful (see `ScoreSeen`)."""
        first = args[0] if args and isinstance(args[0], Tensor) else None
        if first is None:
            return None
        if name in EQUAL and len(args) == 2 and isinstance(args[1], Tensor):
            # one is the truth, that no model has made
            if self.is_made(first) is self.is_made(args[1]):
                return None
            picked, truth = (first, args[1]) if self.is_made(first) else (args[1], first)
            if _is_table(first, args[1]):
                return "table", first
            scores = self.picked_from(picked)
            return ("single", scores) if scores is not None and _is_any(truth) else None
        if _is_against_half(name, args) and self.is_raw(first):
            return "half", first
        single = name in CHOSEN and self.is_made(first) and _is_column(first) and _axis(name, args, kwargs) in (1, -1)
        return ("single", first) if single else None


def name_of(func: Any) -> str:
    """A torch function's name, whether it is called as one, as a method or by an operator."""
    if getattr(func, "__self__", None) is DATA:
        return "data"
    return str(getattr(func, "__name__", "")).strip("_")


def _is_table(one: Tensor, other: Tensor) -> bool:
    """Whether [N, 1] meets [N]: as many of each, and each meets each."""
    longer, shorter = sorted((tuple(one.shape), tuple(other.shape)), key=len, reverse=True)
    return longer == (*shorter, 1) and bool(shorter) and shorter[-1] > 1


def _is_against_half(name: str, args: tuple[Any, ...]) -> bool:
    return name == "round" or (name in HALVED and len(args) > 1 and isinstance(args[1], float) and args[1] == 0.5)


def _holds(known: Known, value: Any) -> bool:
    reference = known.get(id(value))
    return reference is not None and reference() is value


def _is_column(scores: Any) -> TypeGuard[Tensor]:
    """Whether there is one score for each of several samples."""
    return isinstance(scores, Tensor) and scores.dim() == 2 and scores.shape[1] == 1 < len(scores)


def _axis(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Along which axis it was asked for."""
    at = 2 if name == "topk" else 1
    return args[at] if len(args) > at else kwargs.get("dim", kwargs.get("axis", -1 if name == "topk" else None))


def _is_any(truth: Tensor) -> bool:
    """Whether not all of it is 0."""
    if not readable(truth):
        return False
    with torch._C.DisableTorchFunction():
        return bool((truth != 0).any())
