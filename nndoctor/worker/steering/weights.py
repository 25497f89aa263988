"""Weights started anew, each by the kind of its layer.

K. He et al., Delving Deep into Rectifiers, 2015; X. Glorot and Y. Bengio, Understanding the Difficulty of Training
Deep Feedforward Neural Networks, 2010.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.parameter import is_lazy
from torch.nn.utils.parametrize import ParametrizationList

from nndoctor.intervention import Scheme
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked, parameters_of
from nndoctor.worker.steering.sources import Sources

SEED = 20_240
NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, *((nn.RMSNorm,) if hasattr(nn, "RMSNorm") else ()))


class Reinitialising(Steering):
    """Fills the weights of a model at its first call with a gradient after its optimizer was built.

    Loaded weights, copies of trained ones and frozen ones stay. Random numbers come from a generator of its own.
    """

    needs = "no weight that is trained from a start of its own"

    def __init__(self, scheme: Scheme) -> None:
        """`scheme` is for linear and convolutional layers."""
        super().__init__()
        self._scheme = scheme
        self._random = torch.Generator().manual_seed(SEED)
        self._optimizers = Marked()
        self._sources = Sources()
        self._seen = Marked()

    def install(self, around: Around) -> None:
        """Round the making of optimizers, calls of models, and the loading and copying of weights."""
        around.optimizers(self._built)
        around.models(self._called)
        self._sources.install(around)

    def _built(self, optimizer: Any) -> None:
        self._optimizers.add(optimizer)
        for weight in parameters_of([optimizer]):
            # of no module: it may lie either way round, and which is its fan-in can't be told
            if weight not in self._sources.registered and weight.dim() > 1:
                self._fill(weight, self._xavier(weight))

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if torch.is_grad_enabled() and module not in self._seen and self._is_trained(module):
            lazy = any(map(is_lazy, module.parameters()))
            for part in module.modules():
                self._restart(part)
            if not lazy:
                self._seen.add(module)
        return call(module, *args, **kwargs)

    def _is_trained(self, module: nn.Module) -> bool:
        held = {id(weight) for weight in parameters_of(self._optimizers)}
        # without an optimizer of torch's: by hand, or by Keras; its first step is lost
        return any(id(weight) in held for weight in module.parameters()) if held else self._sources.trained

    def _restart(self, part: nn.Module) -> None:
        if isinstance(getattr(part, "name_or_path", None), str) and part.name_or_path:
            self._sources.kept.add(*part.parameters())  # what the transformers library keeps of from_pretrained()
        if isinstance(part, ParametrizationList):
            return  # a norm and a direction of a weight, not the weight itself
        for name, weight in part.named_parameters(recurse=False):
            if (
                not is_lazy(weight)
                and weight.is_floating_point()
                and (value := self._start(part, name, weight)) is not None
            ):
                self._fill(weight, value)

    @torch.no_grad()
    def _fill(self, weight: Tensor, value: Tensor) -> None:
        if weight.requires_grad and weight not in self._sources.kept:
            self.applied += 1
            self._sources.kept.add(weight)
            weight.data.copy_(value)

    def _start(self, part: nn.Module, name: str, weight: Tensor) -> Tensor | None:
        """What this parameter starts from; None for one that stays."""
        recurrent = isinstance(part, nn.RNNBase | nn.RNNCellBase)
        if isinstance(part, NORMS):
            return torch.full(weight.shape, float(name == "weight"))
        if weight.dim() < 2:
            known = recurrent or isinstance(part, nn.Linear | nn.Bilinear | _ConvNd | nn.MultiheadAttention)
            return torch.zeros(weight.shape) if known else None
        if isinstance(part, nn.Embedding | nn.EmbeddingBag):
            return self._embedding(part, weight)
        if recurrent or isinstance(part, nn.MultiheadAttention):
            return self._gates(weight, recurrent="_hh" in name)
        return self._layer(part, weight) if isinstance(part, nn.Linear | _ConvNd) else self._xavier(weight)

    def _layer(self, part: nn.Module, weight: Tensor) -> Tensor:
        fan_in = math.prod(weight.shape[1:])
        if isinstance(part, _ConvTransposeNd):
            # (in, out / groups, ...): of the kernel only every stride-th entry meets an output
            window = math.prod(weight.shape[2:]) / math.prod(part.stride)
            fan_in = max(1, round(weight.shape[0] / part.groups * window))
        match self._scheme:
            case "kaiming":
                return self._normal(weight, math.sqrt(2 / fan_in))
            case "torch":
                # the spread of what torch's layers start from by themselves
                return self._normal(weight, math.sqrt(1 / (3 * fan_in)))
            case _:
                return self._xavier(weight)

    def _embedding(self, part: Any, weight: Tensor) -> Tensor:
        # right for an output layer that is tied to it, too
        value = self._normal(weight, weight.shape[1] ** -0.5)
        if part.padding_idx is not None:
            value[part.padding_idx] = 0.0
        return value

    def _gates(self, weight: Tensor, *, recurrent: bool) -> Tensor:
        """Those of a recurrent layer lie one above the other; each is a matrix of its own."""
        width = weight.shape[1]
        height = width if weight.shape[0] % width == 0 else weight.shape[0]
        blocks = [torch.empty(height, width) for _ in range(weight.shape[0] // height)]
        return torch.cat([self._orthogonal(block) if recurrent else self._xavier(block) for block in blocks])

    def _orthogonal(self, weight: Tensor) -> Tensor:
        q, r = torch.linalg.qr(self._normal(weight, 1.0))
        return q * r.diagonal().sign() if q.shape == weight.shape else self._xavier(weight)

    def _xavier(self, weight: Tensor) -> Tensor:
        window = math.prod(weight.shape[2:])
        return self._normal(weight, math.sqrt(2 / ((weight.shape[0] + weight.shape[1]) * window)))

    def _normal(self, weight: Tensor, std: float) -> Tensor:
        return torch.empty(weight.shape).normal_(0.0, std, generator=self._random)
