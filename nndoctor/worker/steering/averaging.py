"""Accumulated gradients: the mean of those of several backward passes, where the script steps by their sum."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.worker.graph import walk
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

NUMBERS = 256
"""Of one gradient, to see whether the script changes it before its step."""
EQUAL = 1e-3


class Averaging(Steering):
    """Gives every backward pass its share; whoever watches the loss sees it as it is.

    A script may divide the gradients itself, between its last backward pass and the step: then nothing is done.
    """

    needs = "no backward pass from a single number"

    def __init__(self, passes: float) -> None:
        """So many passes come before each step."""
        super().__init__()
        self.passes = passes
        self._weight = Marked()
        self._gradient: Tensor | None = None
        self._judged = False

    def install(self, around: Around) -> None:
        """Round backward passes, and before the first step."""
        self._around = around
        torch.autograd.backward = around.wrapped(torch.autograd.backward, self._backward)
        around.steps(self._stepping)

    def _backward(self, backward: Any, loss: Any = None, gradient: Any = None, *args: Any, **kwargs: Any) -> None:
        gradient = kwargs.pop("grad_tensors", gradient)
        if self.why or not isinstance(loss, Tensor) or loss.numel() != 1 or not isinstance(gradient, Tensor | None):
            backward(*(() if loss is None else (loss, gradient)), *args, **kwargs)
            return
        whole = torch.ones_like(loss) if gradient is None else gradient
        leaves = [] if self._judged else walk(loss).leaves
        backward(loss, whole / self.passes, *args, **kwargs)
        self.applied += 1
        if not self._judged:
            with self._around.at_work():
                self._remember(leaves)

    def _remember(self, leaves: list[Tensor]) -> None:
        weight = next((leaf for leaf in leaves if leaf.grad is not None), None)
        if weight is not None:
            self._weight = Marked()
            self._weight.add(weight)
            self._gradient = _some(weight)

    def _stepping(self, _: Optimizer) -> None:
        before = self._gradient
        for weight in self._weight:
            now = _some(weight)
            if before is not None and now is not None and not self._judged:
                self._judged = True
                if torch.linalg.vector_norm(now * self.passes - before) < EQUAL * torch.linalg.vector_norm(before):
                    self.why, self.applied = "the script divides its gradients itself", 0


def _some(weight: Tensor) -> Tensor | None:
    return None if weight.grad is None else weight.grad.detach().flatten()[:NUMBERS].clone()
