"""Parts of a training taken out: what the inputs say, what the labels say, dropout, autocast, single precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

SEED = 20_240
DROPOUTS = ("dropout", "alpha_dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout")


class Inputs(Steering):
    """Changes the floating inputs of the outermost calls of models; what another model made stays."""

    needs = "no floating input of a model"

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        """`change` gives the tensor that stands for one."""
        super().__init__()
        self._change = change

    def install(self, around: Around) -> None:
        """Round the calls of models."""
        around.models(self._called)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        return call(module, *self._changed(list(args)), **self._changed(dict(kwargs)))

    @torch.no_grad()
    def _changed(self, given: Any) -> Any:
        if isinstance(given, list | tuple) and type(given) in (list, tuple):
            return type(given)(map(self._changed, given))
        if isinstance(given, dict) and type(given) is dict:
            return {name: self._changed(part) for name, part in given.items()}
        if not isinstance(given, Tensor) or not given.is_floating_point() or given.requires_grad:
            return given
        self.applied += 1
        return self._change(given)


def noisy(scale: float) -> Callable[[Tensor], Tensor]:
    """Adds normal noise of so many standard deviations of the tensor, from a generator of its own."""
    generator = torch.Generator().manual_seed(SEED)

    def changed(given: Tensor) -> Tensor:
        noise = torch.randn(given.shape, generator=generator).to(given.device, given.dtype)
        return given + scale * given.std(correction=0) * noise

    return changed


class NoDropout(Steering):
    """Keeps every unit: dropout layers and functions, and that within recurrent and attention layers."""

    needs = "no dropout"

    def install(self, around: Around) -> None:
        """Round the functions and the calls of models."""
        for name in DROPOUTS:
            setattr(F, name, around.wrapped(getattr(F, name), self._dropped))
        around.models(self._called)

    def _dropped(self, drop: Any, given: Any, p: Any = 0.5, training: Any = True, inplace: Any = False) -> Any:  # noqa: FBT002
        self.applied += bool(p and training)
        return drop(given, 0.0, training, inplace)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        own = [
            (part, part.dropout)
            for part in module.modules()
            if isinstance(part, nn.RNNBase | nn.MultiheadAttention) and part.dropout
        ]
        self.applied += len(own)
        for part, _ in own:
            part.dropout = 0.0
        try:
            return call(module, *args, **kwargs)
        finally:
            for part, dropout in own:
                part.dropout = dropout


class NoDropoutInEval(Steering):
    """Keeps every unit where the model as a whole is in evaluation mode, whatever its code says of training."""

    needs = "no dropout function at work in a model in evaluation mode"

    def __init__(self) -> None:
        """No model is being evaluated."""
        super().__init__()
        self._evaluating = False

    def install(self, around: Around) -> None:
        """Round the functions and the calls of models."""
        for owner, names in ((F, DROPOUTS), (torch, ("dropout",))):
            for name in names:
                setattr(owner, name, around.wrapped(getattr(owner, name), self._dropped))
        F.scaled_dot_product_attention = around.wrapped(F.scaled_dot_product_attention, self._attended)
        around.models(self._called)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        self._evaluating = not module.training
        try:
            return call(module, *args, **kwargs)
        finally:
            self._evaluating = False

    def _dropped(self, drop: Any, given: Any, p: Any = 0.5, *args: Any, **kwargs: Any) -> Any:
        if not self._evaluating or not p:
            return drop(given, p, *args, **kwargs)
        self.applied += 1
        return drop(given, 0.0, *args, **kwargs)

    def _attended(self, attend: Any, *args: Any, **kwargs: Any) -> Any:
        given = [*args[:4], 0.0, *args[5:]] if len(args) > 4 else [*args]
        if not self._evaluating or not (args[4] if len(args) > 4 else kwargs.get("dropout_p")):
            return attend(*args, **kwargs)
        self.applied += 1
        return attend(*given, **(kwargs if len(args) > 4 else {**kwargs, "dropout_p": 0.0}))


class NoAutocast(Steering):
    """Computes in the precision of the weights, and makes nothing float16 that was float32."""

    needs = "no autocast and no float16"

    def install(self, around: Around) -> None:
        """After the making of each autocast context, and round conversions."""
        torch.autocast.__init__ = around.wrapped(torch.autocast.__init__, self._made)
        Tensor.half = around.wrapped(Tensor.half, self._halved)
        Tensor.to = around.wrapped(Tensor.to, self._converted)

    def _halved(self, _: Any, tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        self.applied += 1
        return tensor.float()

    def _converted(self, convert: Any, tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
        self.applied += any(one is torch.float16 for one in (*args, *kwargs.values()))
        args = tuple(torch.float32 if one is torch.float16 else one for one in args)
        kwargs = {name: torch.float32 if one is torch.float16 else one for name, one in kwargs.items()}
        return convert(tensor, *args, **kwargs)

    def _made(self, make: Any, context: Any, *args: Any, **kwargs: Any) -> None:
        make(context, *args, **kwargs)
        self.applied += bool(context._enabled)
        context._enabled = False


class Doubling(Inputs):
    """Computes in double precision: each model from its first call on, its inputs, and the targets of losses.

    A model that makes tensors of single precision within will fail on them.
    """

    needs = "no model of single or half precision"

    def __init__(self) -> None:
        """No model was called yet."""
        super().__init__(Tensor.double)
        self._doubled = Marked()

    def install(self, around: Around) -> None:
        """Round calls of models, and losses."""
        super().install(around)
        around.losses(FUNCTIONS, self._lost)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if module not in self._doubled:
            module.double()
            self._doubled.add(module)
        return super()._called(call, module, args, kwargs)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        target = given.arguments.get("target") if given is not None else None
        if given is None or not isinstance(target, Tensor) or not target.is_floating_point():
            return loss(*args, **kwargs)
        given.arguments["target"] = target.double()
        return loss(*given.args, **given.kwargs)
