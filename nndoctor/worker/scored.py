"""What a script makes of the outputs of one evaluation, and which of its steps make a metric wrong."""

from __future__ import annotations

import weakref
from typing import Any

from torch import Tensor

from nndoctor.worker.tensors import found_in

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

Known = dict[int, weakref.ref[Tensor]]


class Scored:
    """Knows the outputs of one call, whatever their shape, and all that is made of them."""

    def __init__(self, output: Any) -> None:
        """`output` is what the model gave."""
        floating = [tensor for _, tensor in list(found_in(output))[:4] if tensor.is_floating_point()]
        self._raw: Known = {id(tensor): weakref.ref(tensor) for tensor in floating}
        self._made: Known = dict(self._raw)

    def __bool__(self) -> bool:
        """Whether there is anything to be scored."""
        return bool(self._made)

    def is_raw(self, value: Any) -> bool:
        """Whether these are the numbers that the model gave."""
        return _holds(self._raw, value)

    def is_made(self, value: Any) -> bool:
        """Whether it was made of them."""
        return _holds(self._made, value)

    def passed_on(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """The function of that name made `result` of what is known."""
        # topk and max give values and places
        self._made |= {id(tensor): weakref.ref(tensor) for _, tensor in found_in(result)}
        if isinstance(result, Tensor) and args and self.is_raw(args[0]):
            if name in VIEWS:
                self._raw[id(result)] = weakref.ref(result)
            elif result is args[0]:
                del self._raw[id(result)]  # sigmoid_() has changed it

    def doubt(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Tensor] | None:
        """How that function would score, and what, if that is doubtful (see `ScoreSeen`)."""
        first = args[0] if args and isinstance(args[0], Tensor) else None
        if first is None:
            return None
        how = ""
        if name in EQUAL and len(args) == 2 and isinstance(args[1], Tensor):
            # one is the truth, that no model has made
            apart = self.is_made(first) is not self.is_made(args[1])
            how = "table" if apart and _is_table(first, args[1]) else ""
        elif _is_against_half(name, args) and self.is_raw(first):
            how = "half"
        elif name in CHOSEN and self.is_made(first) and first.dim() == 2 and first.shape[1] == 1 < len(first):
            axis = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis"))
            how = "single" if axis in (1, -1) else ""
        return (how, first) if how else None


def name_of(func: Any) -> str:
    """A torch function's name, whether it is called as one, as a method or by an operator."""
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
