"""What meets weights is brought to their type and device, and what lies between two layers is bent."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from nndoctor.worker.steering.around import Around, Steering

WEIGHTED = ("linear", "conv1d", "conv2d", "conv3d")
NORMS = ("layer_norm", "group_norm", "batch_norm", "instance_norm")
PRODUCTS = ("matmul", "mm", "bmm", "__matmul__")


class Casting(Steering):
    """Casts what a layer or a product is given to the type and device of the weights that it meets there.

    Where no weight is among the operands the first one counts, and a table of embeddings takes whole numbers.
    """

    needs = "nothing of another type or device met weights"

    def install(self, around: Around) -> None:
        """Round layers' functions, products, and models: a recurrent layer checks what it is given itself."""
        for name in (*WEIGHTED, *NORMS):
            setattr(F, name, around.wrapped(getattr(F, name), self._met))
        F.embedding = around.wrapped(F.embedding, self._looked_up)
        for owner in (torch, Tensor):
            for name in PRODUCTS:
                if hasattr(owner, name):
                    setattr(owner, name, around.wrapped(getattr(owner, name), self._met))
        around.models(self._called)
        torch.backends.mha.set_fastpath_enabled(False)  # it calls none of these

    def _met(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        tensors = [one for one in (*args, *kwargs.values()) if isinstance(one, Tensor)]
        leading = next((one for one in tensors if isinstance(one, nn.Parameter)), tensors[0] if tensors else None)
        met = {name: self._like(leading, one) for name, one in kwargs.items()}
        return function(*(self._like(leading, one) for one in args), **met)

    def _like(self, leading: Tensor | None, value: Any) -> Any:
        if leading is None or not isinstance(value, Tensor) or not leading.is_floating_point() or value.is_complex():
            return value
        if value.dtype == leading.dtype and value.device == leading.device:
            return value
        self.applied += 1
        return value.to(leading.device, leading.dtype)

    def _looked_up(self, function: Any, ids: Tensor, weight: Tensor, *args: Any, **kwargs: Any) -> Any:
        if ids.device != weight.device or ids.dtype not in (torch.int32, torch.int64):
            self.applied += 1
            ids = ids.to(weight.device, torch.int64)
        return function(ids, weight, *args, **kwargs)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        weight = next(module.parameters(), None)
        if any(isinstance(part, nn.RNNBase | nn.RNNCellBase) for part in module.modules()):
            args = tuple(self._like(weight, one) if _is_numbers(one) else one for one in args)
        return call(module, *args, **kwargs)


class Bending(Steering):
    """Puts a ReLU in front of each linear or convolutional layer but the first, where what comes is made of weights."""

    needs = "no layer behind another"

    def install(self, around: Around) -> None:
        """Round the layers' functions."""
        for name in WEIGHTED:
            setattr(F, name, around.wrapped(getattr(F, name), self._bent))

    def _bent(self, function: Any, given: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(given, Tensor) and given.grad_fn is not None:
            self.applied += 1
            given = given.relu()
        return function(given, *args, **kwargs)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()
