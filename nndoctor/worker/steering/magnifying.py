"""The loss made larger on its way backward, so that small gradients do not round to zero in float16."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked, parameters_of

LARGEST = 2.0**16
"""Where a GradScaler begins."""


class Magnifying(Steering):
    """Does what a GradScaler does, within each backward pass: what follows sees gradients of their usual size.

    A gradient that overflows is left out, and the next is scaled by half.
    """

    needs = "no backward pass from a single number to weights of single precision"

    def __init__(self) -> None:
        """No optimizer is known yet."""
        super().__init__()
        self._optimizers = Marked()
        self._scaler: Any = None
        self._scale = LARGEST
        self._busy = False

    def install(self, around: Around) -> None:
        """After the making of optimizers, round backward passes, and round the scaling that the script does itself."""
        self._around = around
        around.optimizers(self._optimizers.add)
        torch.autograd.backward = around.wrapped(torch.autograd.backward, self._backward)
        torch.amp.GradScaler.scale = around.wrapped(torch.amp.GradScaler.scale, self._scaled)

    def _scaled(self, scale: Any, scaler: Any, outputs: Any) -> Any:
        if not self._busy and scaler.is_enabled():
            self.why = "the script scales its loss itself"
        return scale(scaler, outputs)

    def _backward(self, backward: Any, loss: Any = None, *args: Any, **kwargs: Any) -> None:
        weights = [one for one in parameters_of(list(self._optimizers)) if one.dtype == torch.float32]
        if not isinstance(loss, Tensor) or loss.numel() != 1 or self.why or not weights:
            backward(*(() if loss is None else (loss,)), *args, **kwargs)
            return
        before = {id(one): one.grad.clone() for one in weights if one.grad is not None}
        self._busy = True
        try:
            # through a scaler, so that whoever watches the loss knows what it was
            large = torch.amp.GradScaler(loss.device.type, init_scale=self._scale).scale(loss.float())
        finally:
            self._busy = False
        backward(large, *args, **kwargs)
        with self._around.at_work(), torch.no_grad():
            self._give_back(weights, before)
        self.applied += 1

    def _give_back(self, weights: list[Any], before: dict[int, Tensor]) -> None:
        held = [one for one in weights if one.grad is not None]
        sound = all(bool(torch.isfinite(one.grad).all()) for one in held)
        for one in held:
            old = before.get(id(one))
            new = one.grad if old is None else one.grad - old
            new = new / self._scale if sound else torch.zeros_like(new)
            one.grad.copy_(new if old is None else old + new)
        self._scale = self._scale if sound else max(1.0, self._scale / 2)
