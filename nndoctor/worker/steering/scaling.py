"""Regression targets of mean 0 and spread 1, as far as the gradient is concerned."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.losses import bound
from nndoctor.worker.steering.inputs import Moments
from nndoctor.worker.steering.losses import Given
from nndoctor.worker.tensors import readable

MOST_OUTPUTS = 64


class Scaling(Given):
    """Takes outputs for standardised ones: the gradient is that of the loss of standardised targets.

    The value stays that of the same outputs in the targets' own units, so that both runs can be compared.
    """

    needs = "no squared, absolute or Huber error"
    names = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")

    def __init__(self) -> None:
        """No target was seen yet."""
        super().__init__()
        self._seen: dict[tuple[str, int], Moments] = {}

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        output, target = (
            (given.arguments.get(one) for one in ("input", "target")) if given is not None else (None, None)
        )
        if given is None or not isinstance(output, Tensor) or not isinstance(target, Tensor) or not readable(target):
            return loss(*args, **kwargs)
        self.applied += 1
        mean, std = self._moments(name, output, target)
        given.arguments["input"] = output.detach() * std + mean
        value = loss(*given.args, **given.kwargs)
        if not output.requires_grad:
            return value
        given.arguments |= {"input": output, "target": (target - mean) / std}
        standardised = loss(*given.args, **given.kwargs)
        return standardised + (value - standardised).detach()

    @torch.no_grad()
    def _moments(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """By output, where there are several; of all targets of training so far."""
        several = target.dim() == 2 and output.shape == target.shape and 1 < target.shape[1] <= MOST_OUTPUTS
        columns = target.shape[1] if several else 1
        moments = self._seen.setdefault((name, columns), Moments())
        if output.requires_grad or not moments.count:
            moments.take(target.detach().reshape(-1, columns))
        mean, std = moments.mean.to(target.dtype), moments.std().to(target.dtype)
        return (mean, std) if several else (mean.reshape(()), std.reshape(()))
