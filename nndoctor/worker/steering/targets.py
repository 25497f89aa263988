"""Targets in the type and shape that their loss wants, and losses reduced to a mean."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.losses import Given

INDEXED = ("cross_entropy", "nll_loss")
LABELLED = ("multi_margin_loss", "soft_margin_loss", "multilabel_soft_margin_loss")


class TargetFitted(Given):
    """Casts targets to class numbers or to the predictions' type, and gives them the shape that the loss takes."""

    needs = "no target of a type or shape that its loss refuses"
    names = tuple(name for name in FUNCTIONS if name not in LABELLED)

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """None where nothing is to be done."""
        fitted = _classes(output, target) if name in INDEXED else (output, _numbers(output, target))
        return None if fitted[0] is output and fitted[1] is target else fitted


class LabelsFromZero(Given):
    """Takes the number of the first class off the labels."""

    needs = "no loss that was given class labels"
    names = INDEXED

    def __init__(self, first: int) -> None:
        """`first` is the number of the first class."""
        super().__init__()
        self._first = first

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Marks below the first class stay, such as torch's own -100 for what is to be ignored."""
        if target.is_floating_point():
            return None
        return output, torch.where(target < self._first, target, target - self._first)


def _classes(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    if output.dim() == target.dim() and output.dim() > 1:
        if target.shape[1] == 1 and output.shape[1] > 1 and output.shape[2:] == target.shape[2:]:
            target = target.squeeze(1)
        elif output.shape == target.shape:
            return output, target if target.is_floating_point() else target.to(output.dtype)
    if output.dim() == target.dim() + 1 and output.shape[:-1] == target.shape != (*output.shape[:1], *output.shape[2:]):
        output = output.movedim(-1, 1)  # (N, ..., C): classes lie on axis 1
    return output, target.long()


def _numbers(output: Tensor, target: Tensor) -> Tensor:
    if output.shape != target.shape and output.numel() == target.numel():
        target = target.reshape(output.shape)
    return target.to(output.dtype)


class MeanTaken(Steering):
    """Takes the mean where a loss is a sum, or was not reduced at all."""

    needs = "no loss of torch's that is a sum, or is not reduced"

    def install(self, around: Around) -> None:
        """Round the losses."""
        around.losses(FUNCTIONS, self._called)

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        if given is None or given.arguments.get("reduction", "mean") not in ("sum", "none"):
            return loss(*args, **kwargs)
        self.applied += 1
        given.arguments["reduction"] = "mean"
        return loss(*given.args, **given.kwargs)
