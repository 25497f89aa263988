"""Batch normalisation done without the batch: each sample by its own mean and spread."""

from __future__ import annotations

import inspect
import math
from typing import Any

import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

GROUPS = (32, 16, 8, 4, 2, 1)
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
