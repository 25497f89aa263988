"""Batch normalisation without the batch, each sample by its own mean and spread; or with statistics that follow."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

GROUPS = (32, 16, 8, 4, 2, 1)
MOMENTUM = 0.1
"""The share of the new batch, as torch has it."""
FEWEST = 8
"""Values of one sample that a mean and a spread are taken of, at least."""
_SIGNATURE = inspect.signature(F.batch_norm)


class BySample(Steering):
    """Puts group normalisation with the layer's own weight and bias in the place of what normalises by the batch.

    Layers that are kept in evaluation mode stay: their statistics are no batch's. One group for vectors (layer
    normalisation), 32 or as many as the channels allow for pictures (Wu & He, Group Normalization, 2018).
    """

    needs = "no batch normalisation in training mode, over channels enough to do without the batch"

    def __init__(self) -> None:
        """No layer is known yet."""
        super().__init__()
        self._by_batch = Marked()

    def install(self, around: Around) -> None:
        """Round the function in which all such layers end."""
        F.batch_norm = around.wrapped(F.batch_norm, self._normalised)

    def _normalised(self, normalise: Any, *args: Any, **kwargs: Any) -> Any:
        given = _SIGNATURE.bind(*args, **kwargs)
        given.apply_defaults()
        values, running = given.arguments["input"], given.arguments["running_mean"]
        if given.arguments["training"] and running is not None:
            self._by_batch.add(running)
        groups = _groups(values) if given.arguments["training"] or running in self._by_batch else 0
        if not groups:
            return normalise(*args, **kwargs)
        self.applied += 1
        return F.group_norm(values, groups, *(given.arguments[name] for name in ("weight", "bias", "eps")))


def _groups(values: Any) -> int:
    """How many groups of channels share a mean; 0 where one sample has too few values for any."""
    if not isinstance(values, Tensor) or values.dim() < 2:
        return 0
    channels, pixels = values.shape[1], math.prod(values.shape[2:])
    fitting = (n for n in (GROUPS if pixels > 1 else (1,)) if channels % n == 0 and channels // n * pixels >= FEWEST)
    return next(fitting, 0)


class Following(Steering):
    """Gives batch norm torch's own momentum, and in calls without gradients none, so that nothing else is collected.

    Layers that take the plain mean of all batches (momentum None) stay as they are.
    """

    needs = "no batch normalisation with another momentum, and none in training mode without gradients"

    def install(self, around: Around) -> None:
        """Round the calls of models."""
        around.models(self._called)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        own = [
            (part, part.momentum)
            for part in module.modules()
            if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.training and part.momentum is not None
        ]
        momentum = MOMENTUM if torch.is_grad_enabled() else 0.0
        self.applied += any(before != momentum for _, before in own)
        for part, _ in own:
            part.momentum = momentum
        try:
            return call(module, *args, **kwargs)
        finally:
            for part, before in own:
                part.momentum = before
