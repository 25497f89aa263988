"""Functions without an answer at some point, kept away from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.steering.around import Around, Steering

NEAR = 1e-8
"""Arguments of logarithms and roots are at least this large."""
LARGEST = 60.0
"""exp(60) is 1e26; its square is still a float32."""
SHARE = 1e-3
"""A divisor is kept above this share of the mean size of its like."""


def _positive(x: Tensor) -> Tensor:
    return x.clamp_min(NEAR)


def _within(x: Tensor) -> Tensor:
    return x.clamp(-1 + 1e-6, 1 - 1e-6)


GUARDS: dict[str, Callable[[Tensor], Tensor]] = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt", "reciprocal"), _positive),
    "log1p": lambda x: x.clamp_min(NEAR - 1),
    **dict.fromkeys(("acos", "asin", "arccos", "arcsin", "atanh", "arctanh", "erfinv"), _within),
    "logit": lambda x: x.clamp(NEAR, 1 - 1e-6),
    **dict.fromkeys(("exp", "exp2", "expm1", "cosh", "sinh"), lambda x: x.clamp(-LARGEST, LARGEST)),
}
DIVISIONS = ("div", "divide", "true_divide", "__truediv__")


class Guarding(Steering):
    """Moves arguments away from the points at which there is no finite answer; where no gradient is wanted, nothing.

    An optimizer divides and takes roots too, but without gradient.
    """

    needs = "no logarithm, root, quotient or exponential near a point without answer"

    def install(self, around: Around) -> None:
        """Round these functions of torch and methods of tensors."""
        for name, guard in GUARDS.items():
            for owner in (torch, Tensor):
                setattr(owner, name, around.wrapped(getattr(owner, name), self._guarded(guard)))
        Tensor.__rtruediv__ = around.wrapped(Tensor.__rtruediv__, self._guarded(_away))
        for name in DIVISIONS:
            for owner in (torch, Tensor):
                if hasattr(owner, name):
                    setattr(owner, name, around.wrapped(getattr(owner, name), self._divided))

    def _guarded(self, guard: Callable[[Tensor], Tensor]) -> Any:
        def advice(function: Any, given: Any, *args: Any, **kwargs: Any) -> Any:
            return function(self._moved(given, guard), *args, **kwargs)

        return advice

    def _divided(self, function: Any, given: Any, by: Any, *args: Any, **kwargs: Any) -> Any:
        return function(given, self._moved(by, _away), *args, **kwargs)

    def _moved(self, given: Any, guard: Callable[[Tensor], Tensor]) -> Any:
        if not isinstance(given, Tensor) or not given.is_floating_point() or not torch.is_grad_enabled():
            return given
        moved = guard(given)
        self.applied += not torch.equal(moved, given)
        return moved


def _away(by: Tensor) -> Tensor:
    least = max(NEAR, SHARE * by.detach().abs().mean().item()) if by.numel() else NEAR
    return torch.where(by.abs() < least, torch.where(by < 0, -least, least).to(by.dtype), by)
