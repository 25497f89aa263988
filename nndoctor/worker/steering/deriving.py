"""Gradients of a script's own functions as autograd derives them, in the place of those written by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from nndoctor.worker.steering.around import Around, Steering


class Deriving(Steering):
    """Calls the forward of such a function as plain operations.

    Not where torch finds no gradient in it, as in a rounding that is passed straight through, nor where it hands on
    what it is given and only the gradient is meant to be another.
    """

    needs = "no autograd function of the script's own whose forward torch can derive"

    def __init__(self) -> None:
        """No function was met yet."""
        super().__init__()
        self._derivable: dict[Any, bool] = {}

    def install(self, around: Around) -> None:
        """Round the application of functions."""
        self._around = around
        around.functions(self._applied)

    def _applied(self, apply: Any, kind: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs or not torch.is_grad_enabled():
            return apply(kind, *args, **kwargs)
        if kind not in self._derivable:
            with self._around.at_work():
                self._derivable[kind] = _is_derivable(kind, args)
        if not self._derivable[kind]:
            return apply(kind, *args, **kwargs)
        self.applied += 1
        return _forward(kind, args)


class _Context:
    """Stands for the `ctx` that a forward writes to; nothing is kept, since no backward of its own will ask."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.needs_input_grad = tuple(isinstance(one, Tensor) and one.requires_grad for one in args)

    def save_for_backward(self, *_: Any) -> None: ...

    save_for_forward = mark_dirty = mark_non_differentiable = set_materialize_grads = save_for_backward


def _forward(kind: Any, args: tuple[Any, ...]) -> Any:
    if kind.setup_context is not Function.setup_context:
        return kind.forward(*args)
    return kind.forward(_Context(args), *args)


def _is_derivable(kind: Any, args: tuple[Any, ...]) -> bool:
    try:
        own = [one.detach().clone() if isinstance(one, Tensor) else one for one in args]
        wanted = [
            copy.requires_grad_()
            for copy, one in zip(own, args, strict=True)
            if isinstance(one, Tensor) and one.requires_grad
        ]
        made = _forward(kind, tuple(own))
        results = [one for one in (made if isinstance(made, tuple) else (made,)) if isinstance(one, Tensor)]
        if any(torch.equal(one.reshape(-1), given.reshape(-1)) for one in results for given in wanted):
            return False
        # a plain sum may have no slope, as that of a softmax
        loss = [one.square().sum() for one in results if one.requires_grad]
        gradients = torch.autograd.grad(loss, wanted, allow_unused=True) if loss and wanted else (None,)
    except (RuntimeError, TypeError, AttributeError, NotImplementedError):
        return False
    return all(one is not None and bool(one.isfinite().all()) and bool(one.any()) for one in gradients)
