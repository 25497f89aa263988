"""Gradients, cut to a largest norm just before each step."""

from __future__ import annotations

from typing import Any

import torch
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
        self.applied += bool(torch.nn.utils.clip_grad_norm_(weights, limit) > limit)
