"""What of the targets is left out of a loss: the padding of sequences; and a batch of which nothing is left."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.worker.goals import in_padding
from nndoctor.worker.losses import INDEXED, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.tensors import found_in, readable


class Leaving(Steering):
    """Leaves padding out of the losses of classes, and takes nothing from a batch in which no target counts."""

    needs = "no padding that counts, and no batch without a target that does"

    def __init__(self) -> None:
        """No model was called yet."""
        super().__init__()
        self._given: list[Tensor] = []

    def install(self, around: Around) -> None:
        """Round models, for the ids that they are given, and round the losses."""
        self._around = around
        around.models(self._model)
        around.losses(INDEXED, self._called)
        Tensor.mean = around.wrapped(Tensor.mean, self._averaged)
        torch.mean = around.wrapped(torch.mean, self._averaged)

    def _model(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        self._given = [tensor for _, tensor in found_in((args, kwargs))]
        return call(module, *args, **kwargs)

    def _averaged(self, mean: Any, values: Tensor, *args: Any, **kwargs: Any) -> Any:
        if values.numel() or args or kwargs:
            return mean(values, *args, **kwargs)
        self.applied += 1
        return values.sum()

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        arguments: dict[str, Any] = given.arguments if given is not None else {}
        output, target = arguments.get("input"), arguments.get("target")
        if given is None or not isinstance(output, Tensor) or not isinstance(target, Tensor):
            return loss(*args, **kwargs)
        if not readable(target) or target.is_floating_point() or arguments.get("reduction") == "none":
            return loss(*args, **kwargs)
        ignored = arguments.get("ignore_index", -100)
        with self._around.at_work():
            padding = in_padding(self._given, target) if arguments.get("weight") is None else None
            counts = target != ignored
            if padding is not None:
                self.applied += bool((padding.view_as(target) & counts).any())
                counts = counts & ~padding.view_as(target)
            arguments["target"] = target.masked_fill(~counts, ignored)
            left = bool(counts.any())
        if left:
            return loss(*given.args, **given.kwargs)
        self.applied += 1
        return (output * 0).sum()
