"""Which line of the user's made each parameter, or gave it its start values: the line to change where these are ill."""

from __future__ import annotations

import functools
import linecache
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.case import Place
from nndoctor.worker.multiplied import multiplied
from nndoctor.worker.places import Places

INITIALIZERS = (
    "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_",
    "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
)  # fmt: skip


class Origins:
    """Keeps the last such line of each parameter."""

    def __init__(self, places: Places, refilled: Callable[[Tensor], None]) -> None:
        """`refilled` is told of each tensor that one of torch's initializers filled."""
        self._places = places
        self._refilled = refilled
        self._made: dict[int, tuple[weakref.ref[Tensor], Place | None]] = {}
        # weight.data is another object each time: there the memory tells which parameter it is
        self._filled: dict[int, Place | None] = {}
        self._lines: dict[int, tuple[weakref.ref[Tensor], tuple[tuple[str, int], ...]]] = {}

    def install(self) -> None:
        """Wraps the making of parameters and torch's initializers; values and random numbers stay as they are."""
        register = nn.Module.register_parameter

        @functools.wraps(register)
        def register_parameter(module: nn.Module, name: str, param: Any) -> None:
            register(module, name, param)
            if isinstance(param, Tensor) and not torch.compiler.is_compiling() and not self._knows(param):
                self.made(param)
                self._lines[id(param)] = (weakref.ref(param), self._places.lines())

        nn.Module.register_parameter = register_parameter  # type: ignore[assignment]
        for name in INITIALIZERS:
            setattr(nn.init, name, self._wrapped(getattr(nn.init, name)))

    def _wrapped(self, initialize: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(initialize)
        def initialized(*args: Any, **kwargs: Any) -> Any:
            result = initialize(*args, **kwargs)
            if isinstance(result, Tensor) and not torch.compiler.is_compiling():
                self.made(result)
                self._refilled(result)
            return result

        return initialized

    def made(self, tensor: Tensor) -> None:
        """A parameter was made, or filled, by the line that is running."""
        place = self._places.here()
        if isinstance(tensor, nn.Parameter):
            self._made[id(tensor)] = (weakref.ref(tensor), place)
        elif tensor.device.type == "cpu" and tensor.layout == torch.strided and tensor.data_ptr():
            self._filled[tensor.data_ptr()] = place

    def _knows(self, parameter: Tensor) -> bool:
        entry = self._made.get(id(parameter))
        return entry is not None and entry[0]() is parameter

    def copied(self, original: Tensor, copy: Tensor) -> None:
        """A deep copy has its start values from the same line."""
        self._made[id(copy)] = (weakref.ref(copy), self.of(original))
        self._lines[id(copy)] = (weakref.ref(copy), self._places.lines())

    def multiplied(self, part: nn.Module) -> Place | None:
        """The line that made this layer within a list that it multiplies."""
        for parameter in part.parameters():
            reference, lines = self._lines.get(id(parameter), (None, ()))
            if reference is not None and reference() is parameter and (found := multiplied(lines)):
                return self._places.named(*found, linecache.getline(*found).strip())
        return None

    def of(self, parameter: Tensor) -> Place | None:
        """The line that made it, or filled it last."""
        filled = self._filled.get(parameter.data_ptr()) if parameter.layout == torch.strided else None
        return filled or (self._made[id(parameter)][1] if self._knows(parameter) else None)
