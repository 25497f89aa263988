"""Labels that tell nothing of their samples, and yet can be learnt by heart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.tensors import found_in, readable

SEED = 20_240
MOST = 500_000
"""Samples that are remembered; later ones are given another label each time."""


class Mislabelling(Steering):
    """Gives each training sample the target of another one of its batch, and the same whenever it comes again.

    A sample is known by its inputs: one that is never twice the same, by augmentation, has another target each time.
    """

    needs = "no loss function of torch's with one target for each sample that a model is given"

    def __init__(self) -> None:
        """No sample was seen yet."""
        super().__init__()
        self._random = torch.Generator().manual_seed(SEED)
        self._targets: dict[tuple[str, bytes], Tensor] = {}
        self._rows: list[bytes] = []

    def install(self, around: Around) -> None:
        """Round the calls of models and the losses of training."""
        around.models(self._called)
        around.losses(FUNCTIONS, self._lost)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if torch.is_grad_enabled():
            # what another model made changes with its weights: the samples are what that one was given
            self._rows = list(_rows([list(args), kwargs])) or self._rows
        return call(module, *args, **kwargs)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        target = given.arguments.get("target") if given is not None and torch.is_grad_enabled() else None
        if given is None or not isinstance(target, Tensor) or target.requires_grad or not self._are_of(target):
            return loss(*args, **kwargs)
        self.applied += 1
        given.arguments["target"] = self._others(name, target)
        return loss(*given.args, **given.kwargs)

    def _are_of(self, target: Tensor) -> bool:
        return target.dim() > 0 and readable(target) and len(target) == len(self._rows)

    def _others(self, name: str, target: Tensor) -> Tensor:
        order = torch.randperm(len(target), generator=self._random).tolist()
        targets = []
        for row, other in zip(self._rows, order, strict=True):
            known = self._targets.get((name, row))
            if known is None:
                known = target[other].detach().clone()
                if len(self._targets) < MOST:
                    self._targets[name, row] = known
            targets.append(known)
        return torch.stack(targets)


def _rows(given: Any) -> Iterator[bytes]:
    """A print of each row of the tensors that have as many as the first."""
    tensors = [tensor for _, tensor in found_in(given) if tensor.dim() > 0 and readable(tensor)]
    samples = [tensor for tensor in tensors if not tensor.requires_grad]
    if len(samples) < len(tensors) or not samples:
        return
    columns = [one.detach().cpu().contiguous() for one in samples if len(one) == len(samples[0])]
    for row in zip(*columns, strict=True):
        print_ = hashlib.blake2b(digest_size=16)
        for part in row:
            print_.update(part.reshape(-1).view(torch.uint8).numpy().tobytes())
        yield print_.digest()
