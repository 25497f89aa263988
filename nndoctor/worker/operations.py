"""The torch functions that one forward of a model calls, each with the user's line: for the first three forwards only.

A TorchFunctionMode costs up to half a step, so it is entered and left within those forwards and never stays on.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from nndoctor.seen import OpSeen
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import found_in

MOST_OPERATIONS = 3000


class Operations(TorchFunctionMode):
    """Notes every call that takes or gives tensors, in order."""

    def __init__(self, places: Places) -> None:
        """Nothing was called yet."""
        super().__init__()
        self._places = places
        self.seen: list[OpSeen] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function as it would have been called, then notes it."""
        kwargs = kwargs or {}
        given = [tensor for _, tensor in found_in((args, kwargs))]
        takes = any(tensor.requires_grad for tensor in given)
        shapes = tuple(tuple(tensor.shape) for tensor in given[:3])
        result = func(*args, **kwargs)
        name = _name(func)
        if name and len(self.seen) < MOST_OPERATIONS:
            self._note(name, result, takes, shapes)
        return result

    def _note(self, name: str, result: Any, takes: bool, shapes: tuple[tuple[int, ...], ...]) -> None:  # noqa: FBT001
        gives = [tensor for _, tensor in found_in(result)]
        leaves_torch = name in ("numpy", "item", "tolist", "__array__", "__float__")
        if not gives and not leaves_torch:
            return
        self.seen.append(
            OpSeen(
                name=name,
                place=self._places.here(),
                takes_grad=takes,
                gives_grad=any(tensor.requires_grad for tensor in gives),
                grad_mode=torch.is_grad_enabled(),
                floating=leaves_torch or any(tensor.is_floating_point() for tensor in gives),
                shapes=shapes,
            )
        )


def _name(func: Any) -> str:
    """The function's name; "" for a look at shape, type or device, which is no operation. `x.data` is one."""
    name = str(getattr(func, "__name__", ""))
    if name == "__get__":
        owner = getattr(func, "__self__", None)
        return "data" if owner is Tensor.data else ""
    return "" if name in ("__set__", "size", "dim", "__len__", "requires_grad_", "register_hook", "__hash__") else name
