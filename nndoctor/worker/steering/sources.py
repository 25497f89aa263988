"""Which weights have a start of their own: not loaded, nor copied from a net that was trained before."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.worker.steering.around import Around
from nndoctor.worker.steering.marked import Marked


class Sources:
    """`kept`: weights that must stay. `registered`: those that belong to a module. `trained`: whether anything was."""

    def __init__(self) -> None:
        """Nothing was loaded yet."""
        self.kept = Marked()
        self.registered = Marked()
        self.trained = False

    def install(self, around: Around) -> None:
        """Hears of the making, loading and copying of weights."""
        around.backward(self._backward)
        nn.Module.load_state_dict = around.wrapped(nn.Module.load_state_dict, self._taken)
        torch.load = around.wrapped(torch.load, self._read)
        self._made()

    def _made(self) -> None:
        register, copy = nn.Module.register_parameter, nn.Parameter.__deepcopy__

        @functools.wraps(register)
        def register_parameter(module: nn.Module, name: str, param: Any) -> None:
            register(module, name, param)
            if isinstance(param, Tensor) and not torch.compiler.is_compiling():
                self.registered.add(param)

        @functools.wraps(copy)
        def __deepcopy__(parameter: nn.Parameter, memo: Any) -> nn.Parameter:  # noqa: N807
            result = copy(parameter, memo)
            self.registered.add(result)
            if parameter in self.kept or self.trained:
                self.kept.add(result)
            return result

        nn.Module.register_parameter = register_parameter  # type: ignore[assignment]
        nn.Parameter.__deepcopy__ = __deepcopy__  # type: ignore[assignment]

    def _backward(self, _: Any) -> None:
        self.trained = True

    def _taken(self, take: Any, module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        self.kept.add(*module.parameters())
        return take(module, *args, **kwargs)

    def _read(self, read: Any, *args: Any, **kwargs: Any) -> Any:
        result = read(*args, **kwargs)
        for thing in result.values() if isinstance(result, dict) else (result,):
            if isinstance(thing, nn.Module):
                self.kept.add(*thing.parameters())
        return result
