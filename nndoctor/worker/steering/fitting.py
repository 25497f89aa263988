"""The loss that suits the targets: cross-entropy for one class of several, the binary one for yes and no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.worker.graph import activations_before
from nndoctor.worker.losses import CLASS_LOSSES, NUMBERS, bound
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.losses import remember_what_is_given, scores

SEVERAL = 1.05
"""Above this sum a row of zeros and ones names more than one class, soft labels and rounding allowed for."""

Instead = tuple[Callable[..., Tensor], Tensor, Tensor]
"""The loss to be taken, with what it is given."""


class LossFitted(Steering):
    """Replaces the loss where its targets, or what stands in front of it, belong to another.

    Class numbers, or squared errors of a softmax: cross-entropy. Rows with several ones, or one score for yes and no:
    the binary one; signs become 1 and 0 for it. A softmax over a single score, which is always 1, becomes a sigmoid.
    """

    needs = (
        "no classes given to a loss for yes and no, nor several classes to one for a single class, nor to a loss of"
        " numbers, nor a softmax over a single score"
    )

    def __init__(self) -> None:
        """No squared error of probabilities was met yet."""
        super().__init__()
        self._made_by: dict[str, str] = {}

    def install(self, around: Around) -> None:
        """Round these losses, and round softmax and sigmoid: the scores that they are given are wanted."""
        names = ("cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", *NUMBERS)
        around.losses(names, self._called)
        remember_what_is_given(around, "softmax", "sigmoid")
        owner: Any
        for owner in (torch, Tensor):
            owner.softmax = around.wrapped(owner.softmax, self._softmax)

    def _softmax(self, softmax: Any, *args: Any, **kwargs: Any) -> Any:
        result = softmax(*args, **kwargs)
        given = kwargs.get("input", args[0] if args else None)
        dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
        if not isinstance(given, Tensor) or not isinstance(dim, int) or given.dim() == 0 or given.shape[dim] != 1:
            return result
        self.applied += 1
        return torch.sigmoid(given)

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        output, target = (
            (given.arguments.get(one) for one in ("input", "target")) if given is not None else (None, None)
        )
        if given is None or not isinstance(output, Tensor) or not isinstance(target, Tensor):
            return loss(*args, **kwargs)
        find = self._of_numbers if name in NUMBERS else self._of_classes if name in CLASS_LOSSES else self._of_two
        instead = find(name, output, target)
        if instead is not None:
            self.applied += 1
            function, *fitting = instead
            return function(*fitting, reduction=given.arguments.get("reduction", "mean"))
        if name not in (*CLASS_LOSSES, *NUMBERS) and _are_signs(target):
            self.applied += 1
            given.arguments["target"] = (target.to(output.dtype) + 1) / 2
            return loss(*given.args, **given.kwargs)
        return loss(*args, **kwargs)

    def _of_classes(self, _name: str, output: Tensor, target: Tensor) -> Instead | None:
        if output.shape != target.shape or target.dim() < 2 or not _are_bits(target):
            return None
        if output.shape[1] > 1 and target.double().sum(1).mean().item() <= SEVERAL:
            return None
        return F.binary_cross_entropy_with_logits, output, target.to(output.dtype)

    def _of_two(self, name: str, output: Tensor, target: Tensor) -> Instead | None:
        if output.dim() < 2 or output.shape[1] == 1 or not _is_one_each(output, target):
            return None
        logits = output if name.endswith("logits") else scores(output, binary=True)
        return F.cross_entropy, logits, target.reshape(output.shape[0], *output.shape[2:]).long()

    def _of_numbers(self, name: str, output: Tensor, target: Tensor) -> Instead | None:
        """Read off the graph in training; where there is none, by what was found there."""
        if output.shape != target.shape or not _are_bits(target):
            return None
        if output.grad_fn is not None:
            before = activations_before(output.grad_fn)[:1]
            self._made_by[name] = before[0] if before else ""
        made_by = self._made_by.get(name, "")
        if made_by == "softmax" and output.dim() == 2:  # rows of classes
            return F.cross_entropy, scores(output, binary=False), target.to(output.dtype)
        if made_by == "sigmoid":
            return F.binary_cross_entropy_with_logits, scores(output, binary=True), target.to(output.dtype)
        return None


def _are_signs(target: Tensor) -> bool:
    """Whether yes and no are 1 and -1."""
    return bool(((target == 1) | (target == -1)).all()) and bool((target == -1).any())


def _are_bits(target: Tensor) -> bool:
    return bool(((target == 0) | (target == 1)).all())


def _is_one_each(output: Tensor, target: Tensor) -> bool:
    return target.shape in ((output.shape[0], *output.shape[2:]), (output.shape[0], 1, *output.shape[2:]))
