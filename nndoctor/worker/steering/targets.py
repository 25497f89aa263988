"""Targets in the type and shape that their loss wants, and the loss that suits the targets."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.worker.losses import CLASS_LOSSES, FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.losses import Given, scores

INDEXED = ("cross_entropy", "nll_loss")
LABELLED = ("multi_margin_loss", "soft_margin_loss", "multilabel_soft_margin_loss")
SEVERAL = 1.05
"""Above this sum a row of zeros and ones names more than one class, soft labels and rounding allowed for."""


class TargetFitted(Given):
    """Casts targets to class numbers or to the predictions' type, and gives them the shape that the loss takes."""

    needs = "no target of a type or shape that its loss refuses"
    names = tuple(name for name in FUNCTIONS if name not in LABELLED)

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """None where nothing is to be done."""
        fitted = _classes(output, target) if name in INDEXED else (output, _numbers(output, target))
        return None if fitted[0] is output and fitted[1] is target else fitted


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


class LossFitted(Steering):
    """Cross-entropy for one class number each, binary cross-entropy for rows of zeros and ones with several ones.

    Signs for yes and no become 1 and 0.
    """

    needs = "no classes given to a loss for yes and no, nor several classes to one for a single class"

    def install(self, around: Around) -> None:
        """Round these losses."""
        self._around = around
        around.losses(("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits"), self._called)

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        output, target = (
            (given.arguments.get(one) for one in ("input", "target")) if given is not None else (None, None)
        )
        if given is None or not isinstance(output, Tensor) or not isinstance(target, Tensor):
            return loss(*args, **kwargs)
        reduction = given.arguments.get("reduction", "mean")
        if name in CLASS_LOSSES and _names_several(output, target):
            self.applied += 1
            return F.binary_cross_entropy_with_logits(output, target.to(output.dtype), reduction=reduction)
        if name not in CLASS_LOSSES and output.dim() > 1 and output.shape[1] > 1 and _is_one_each(output, target):
            self.applied += 1
            logits = output if name.endswith("logits") else scores(output, binary=True)
            return F.cross_entropy(
                logits, target.reshape(output.shape[0], *output.shape[2:]).long(), reduction=reduction
            )
        if name not in CLASS_LOSSES and _are_signs(target):
            self.applied += 1
            given.arguments["target"] = (target.to(output.dtype) + 1) / 2
            return loss(*given.args, **given.kwargs)
        return loss(*args, **kwargs)


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


def _are_signs(target: Tensor) -> bool:
    """Whether yes and no are 1 and -1."""
    return bool(((target == 1) | (target == -1)).all()) and bool((target == -1).any())


def _names_several(output: Tensor, target: Tensor) -> bool:
    if output.shape != target.shape or target.dim() < 2 or not bool(((target == 0) | (target == 1)).all()):
        return False
    return target.double().sum(1).mean().item() > SEVERAL


def _is_one_each(output: Tensor, target: Tensor) -> bool:
    return target.shape in ((output.shape[0], *output.shape[2:]), (output.shape[0], 1, *output.shape[2:]))
