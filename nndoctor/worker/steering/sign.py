"""The direction of the training: down what it went up."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked


class Turning(Steering):
    """Turns the sign of what goes backward; with an optimizer that maximises, that is turned instead."""

    needs = "no backward pass from a single number"

    def __init__(self) -> None:
        """No optimizer is known yet."""
        super().__init__()
        self._turned = Marked()

    def install(self, around: Around) -> None:
        """After the making of optimizers, and round backward passes."""
        around.optimizers(self._built)
        torch.autograd.backward = around.wrapped(torch.autograd.backward, self._backward)

    def _built(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            if group.get("maximize"):
                group["maximize"] = False
                self.applied += 1
                self._turned.add(optimizer)

    def _backward(self, backward: Any, loss: Any = None, *args: Any, **kwargs: Any) -> None:
        if isinstance(loss, Tensor) and loss.numel() == 1 and not list(self._turned):
            self.applied += 1
            loss = -loss
        backward(*(() if loss is None else (loss,)), *args, **kwargs)
