"""The last function taken away in front of a loss of numbers that lie out of its range."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.worker.goals import reach, squashed
from nndoctor.worker.losses import NUMBERS
from nndoctor.worker.steering.around import Around
from nndoctor.worker.steering.losses import Given

BOUNDING = {"relu": (torch, Tensor), "sigmoid": (torch, Tensor), "tanh": (torch, Tensor),
            "softmax": (torch, Tensor), "softplus": (F,)}  # fmt: skip
_KEY = "nndoctor given"


class Unbounding(Given):
    """Gives a loss what the last function was given, from the first target out of its range on."""

    needs = "no target out of the range of the last function"
    names = NUMBERS

    def __init__(self) -> None:
        """No target was met yet."""
        super().__init__()
        self._functions: set[str] = set()

    def install(self, around: Around) -> None:
        """Round the losses, and round the functions: what they are given is kept with the graph that they make."""
        super().install(around)
        for name, owners in BOUNDING.items():
            for owner in owners:
                setattr(owner, name, around.wrapped(getattr(owner, name), self._bounded(name)))

    def _bounded(self, name: str) -> Any:
        def advice(function: Any, *args: Any, **kwargs: Any) -> Any:
            result, given = function(*args, **kwargs), args[0] if args else kwargs.get("input")
            if isinstance(result, Tensor) and isinstance(given, Tensor):
                node: Any = result.grad_fn
                if node is not None:
                    node.metadata[_KEY] = given
                else:
                    result._nndoctor_given = (name, given)  # type: ignore[attr-defined]  # not through a view
            return result

        return advice

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """By what the graph tells; in an evaluation, which has none, as in training."""
        if output.grad_fn is None:
            kind, given = getattr(output, "_nndoctor_given", ("", output))
            return (given, target) if kind in self._functions else None
        found = reach(output, target)
        if found and (found["beyond"] or found["bounded_by"] in self._functions):
            given = squashed(output).metadata.get(_KEY)
            if isinstance(given, Tensor) and given.numel() == output.numel():
                self._functions.add(found["bounded_by"])
                # the gradient must come back through the model's own output, too: by that a training call is known
                return given.reshape(output.shape) + 0 * output, target
        return None
