"""Axes in the order that the layers want: permuted where the script reshaped them, or mistook one for another."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.given import AxesInOrder
from nndoctor.worker.layouts import in_order
from nndoctor.worker.steering.around import Around, Steering

_TORCH = os.path.dirname(torch.__file__) + os.sep


class Permuting(Steering):
    """Applies `AxesInOrder`."""

    needs = "no axis out of order"

    def __init__(self, change: AxesInOrder) -> None:
        """Which of the faults is to be undone."""
        super().__init__()
        self._fault, self._order = change.fault, change.order

    def install(self, around: Around) -> None:
        """Round reshapings, or the outermost calls of models."""
        if self._fault == "reshaped":
            self._reshape = Tensor.reshape
            for name in ("view", "reshape"):
                setattr(Tensor, name, around.wrapped(getattr(Tensor, name), self._reshaped))
            torch.reshape = around.wrapped(torch.reshape, self._reshaped)
        else:
            around.models(self._called)

    def _reshaped(self, reshape: Any, tensor: Tensor, *sizes: Any, **kwargs: Any) -> Any:
        if sys._getframe(2).f_code.co_filename.startswith(_TORCH):
            return reshape(tensor, *sizes, **kwargs)
        with torch._C.DisableTorchFunction():  # the tap is to see what is done in the end
            shape = reshape(tensor.detach(), *sizes, **kwargs).shape
        axes = permuted(tensor.shape, shape)
        if axes is None:
            return reshape(tensor, *sizes, **kwargs)
        self.applied += 1
        return self._reshape(tensor.permute(axes), shape)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        with self._turned(module):
            return call(
                module,
                *(self._given(module, one) for one in args),
                **{name: self._given(module, one) for name, one in kwargs.items()},
            )

    @contextmanager
    def _turned(self, module: nn.Module) -> Iterator[None]:
        """Recurrent layers and attention that take the other of the first two axes for the samples."""
        turned = [
            part
            for part in module.modules()
            if isinstance(part, nn.RNNBase | nn.MultiheadAttention) and self._fault == "samples_as_steps"
        ]
        self.applied += bool(turned)
        for part in turned:
            part.batch_first = not part.batch_first
        try:
            yield
        finally:
            for part in turned:
                part.batch_first = not part.batch_first

    def _given(self, module: nn.Module, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        if self._fault == "scrambled" and value.dim() == len(self._order):
            self.applied += 1
            return in_order(value, self._order)
        if self._fault == "channels_last" and value.dim() > 2:
            wanted = next((part.in_channels for part in module.modules() if isinstance(part, _CONVOLUTIONS)), None)
            if value.shape[-1] == wanted != value.shape[1]:
                self.applied += 1
                return value.movedim(-1, 1)
        return value


_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def permuted(before: torch.Size, after: torch.Size) -> list[int] | None:
    """The order that makes one shape the other, axes of one size in their order; None where it is no other order."""
    if len(before) < 2 or sorted(n for n in before if n > 1) != sorted(n for n in after if n > 1):
        return None
    left = list(range(len(before)))
    axes = []
    for size in (n for n in after if n > 1):
        axes.append(next(axis for axis in left if before[axis] == size))
        left.remove(axes[-1])
    return None if axes == sorted(axes) else [*axes, *left]
