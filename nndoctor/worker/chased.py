"""What is made of the outputs that models gave without a gradient: a target made of them moves as the net does."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from torch import Tensor

from nndoctor.worker.tensors import found_in

MOST = 4096


class Chased:
    """Knows the tensors of one iteration that a model gave, or that were made of such, as far as a mode heard of it."""

    def __init__(self) -> None:
        """Nothing was given yet."""
        self._made: dict[int, tuple[weakref.ref[Tensor], int]] = {}

    def gave(self, model: int, output: Any) -> None:
        """A call of that model, from which no gradient comes back, has returned."""
        self._know(model, (tensor for _, tensor in found_in(output)))

    def passed_on(self, given: Iterable[Tensor], result: Any) -> None:
        """A torch function made `result` of `given`."""
        maker = next((maker for tensor in given if (maker := self.maker_of(tensor)) is not None), None)
        if maker is not None:
            self._know(maker, (tensor for _, tensor in found_in(result) if not tensor.requires_grad))

    def maker_of(self, tensor: Tensor) -> int | None:
        """The model whose outputs this was made of, seen as it is or reshaped; None where that is not known."""
        for one in (tensor, tensor._base):
            reference, model = self._made.get(id(one), (None, None))
            if one is not None and reference is not None and reference() is one:
                return model
        return None

    def forget(self) -> None:
        """The iteration is over."""
        if self._made:
            self._made = {}

    def _know(self, model: int, tensors: Iterable[Tensor]) -> None:
        if len(self._made) >= MOST:
            self.forget()
        for tensor in tensors:
            self._made[id(tensor)] = (weakref.ref(tensor), model)
