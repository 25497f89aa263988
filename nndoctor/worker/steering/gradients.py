"""Gradients, cut to a largest norm just before each step."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils import clip_grad
from torch.optim import Optimizer

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import parameters_of


class Clipping(Steering):
    """Clips the global norm over each optimizer's own parameters (R. Pascanu et al., 2013).

    A GradScaler has unscaled them by then, or leaves that to the optimizer: then the limit is scaled.
    """

    needs = "no step with a gradient above that norm"

    def __init__(self, norm: float) -> None:
        """`norm` is the largest that is let through."""
        super().__init__()
        self.norm = norm

    def install(self, around: Around) -> None:
        """Before steps; with a closure, after each of its calls."""
        self._around = around
        around.steps(self._clip)
        around.stepping(self._stepped)

    def _stepped(self, step: Any, optimizer: Optimizer, closure: Any = None, *args: Any, **kwargs: Any) -> Any:
        if closure is None:
            return step(optimizer, *args, **kwargs)

        def clipped() -> Any:
            loss = closure()
            with self._around.at_work():
                self._clip(optimizer)
            return loss

        return step(optimizer, clipped, *args, **kwargs)

    def _clip(self, optimizer: Any) -> None:
        weights = [weight for weight in parameters_of([optimizer]) if weight.grad is not None]
        if not weights:
            return
        scale = getattr(optimizer, "grad_scale", None)
        limit = self.norm * (float(scale) if scale is not None else 1.0)
        with self._around.at_work():
            self.applied += bool(torch.nn.utils.clip_grad_norm_(weights, limit) > limit)


class OtherClipping(Clipping):
    """Clips so, and lets the script clip nothing: its calls only tell the norm."""

    needs = "no call of torch's functions that clip gradients"

    def install(self, around: Around) -> None:
        """Round these functions too."""
        super().install(around)
        for name, clipped in (("clip_grad_norm_", self._norm_asked), ("clip_grad_value_", self._values_asked)):
            wrapped = around.wrapped(getattr(clip_grad, name), clipped)
            setattr(clip_grad, name, wrapped)
            setattr(torch.nn.utils, name, wrapped)

    def _norm_asked(self, clip: Any, parameters: Any, max_norm: Any = 0.0, *args: Any, **kwargs: Any) -> Any:
        self.applied += 1
        return clip(parameters, float("inf"), *args, **kwargs)

    def _values_asked(self, clip: Any, parameters: Any, clip_value: Any = 0.0, *args: Any, **kwargs: Any) -> None:
        self.applied += 1
