"""Errors that weigh the more the rarer their class, so that each class counts the same in all."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.losses import BINARY_LOSSES, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.tensors import readable

INDEXED = ("cross_entropy", "nll_loss")


class Balancing(Steering):
    """Weighs what a training's loss functions give for each sample; in place of class weights that the script gives."""

    needs = "no loss of torch's for class numbers, or for one yes or no each"

    def __init__(self) -> None:
        """No label was counted yet."""
        super().__init__()
        self._counts: dict[tuple[str, int], Tensor] = {}

    def install(self, around: Around) -> None:
        """Round these losses."""
        self._around = around
        around.losses((*INDEXED, *BINARY_LOSSES), self._lost)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        output, target = (given.arguments.get(one) if given is not None else None for one in ("input", "target"))
        if given is None or not isinstance(output, Tensor) or not isinstance(target, Tensor):
            return loss(*args, **kwargs)
        own = name in BINARY_LOSSES and given.arguments.get("weight") is not None  # a weight for each sample
        if own or not output.requires_grad or not torch.is_grad_enabled():
            return loss(*args, **kwargs)
        with self._around.at_work():
            ignored = given.arguments.get("ignore_index", -100)
            known = _labels(name, output, target, ignored)
            weights = None if known is None else self._weights(name, *known)
        if known is None or weights is None:
            return loss(*args, **kwargs)
        self.applied += 1
        given.arguments |= dict.fromkeys(given.arguments.keys() & {"weight", "pos_weight"})
        reduction, given.arguments["reduction"] = given.arguments.get("reduction", "mean"), "none"
        each = loss(*given.args, **given.kwargs) * weights
        counted = (target != ignored).sum() if name in INDEXED else target.numel()
        return each if reduction == "none" else each.sum() / (counted if reduction == "mean" else 1)

    @torch.no_grad()
    def _weights(self, name: str, labels: Tensor, classes: int) -> Tensor:
        """Of each label, as all that were met tell; 0 where it is to be ignored."""
        judged = labels >= 0
        counts = self._counts.setdefault((name, classes), torch.zeros(classes, device=labels.device))
        counts += torch.bincount(labels[judged].flatten(), minlength=classes)[:classes]
        each = counts.sum() / (counts > 0).sum().clamp_min(1) / counts.clamp_min(1)
        return each[labels.clamp_min(0)] * judged


def _labels(name: str, output: Tensor, target: Tensor, ignored: int) -> tuple[Tensor, int] | None:
    """The class of each sample, -1 where it is to be ignored, and the number of classes; None without classes."""
    if not readable(output) or not readable(target) or output.dim() < 1:
        return None
    if name in BINARY_LOSSES:
        one_each = output.shape == target.shape and target.numel() == target.shape[0]
        return (target.long(), 2) if one_each and bool(((target == 0) | (target == 1)).all()) else None
    classes = output.shape[1 if output.dim() > 1 else 0]
    if target.is_floating_point() or output.dim() != target.dim() + 1:
        return None
    labels = torch.where(target == ignored, -1, target.long())
    return (labels, classes) if bool((labels < classes).all()) else None
