"""What losses are given: scores where they want scores, probabilities where they want those, targets of their shape."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.worker.graph import activations_before
from nndoctor.worker.losses import FUNCTIONS, bound, rows_of
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.tensors import readable

PAIRING = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "soft_margin_loss")


class Given(Steering):
    """Changes input or target of some loss functions."""

    names: tuple[str, ...] = FUNCTIONS

    def install(self, around: Around) -> None:
        """Round those functions."""
        self._around = around
        around.losses(self.names, self._called)

    def _called(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        pair = (given.arguments.get("input"), given.arguments.get("target")) if given is not None else ()
        if given is None or not all(isinstance(one, Tensor) and readable(one) for one in pair):
            return loss(*args, **kwargs)
        with self._around.at_work():
            changed = self.changed(name, *pair)
        if changed is None:
            return loss(*args, **kwargs)
        self.applied += 1
        given.arguments["input"], given.arguments["target"] = changed
        return loss(*given.args, **given.kwargs)

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Input and target instead of these; None where they are right."""
        raise NotImplementedError


class Scores(torch.autograd.Function):
    """The scores behind probabilities, up to a constant: as if the function that made these had not been there."""

    @staticmethod
    def forward(ctx: Any, probabilities: Tensor, binary: bool) -> Tensor:  # noqa: FBT001  # torch passes by place
        """The logarithm of each, or of the odds."""
        eps = torch.finfo(probabilities.dtype).eps
        lowest = eps if binary else torch.finfo(probabilities.dtype).tiny
        kept = probabilities.clamp(lowest, 1 - eps if binary else 1.0)
        ctx.save_for_backward(kept)
        ctx.binary = binary
        return torch.logit(kept) if binary else kept.log()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Without the dead ends of a clamp."""
        (kept,) = ctx.saved_tensors
        return gradients[0] / (kept * (1 - kept) if ctx.binary else kept), None


def scores(probabilities: Tensor, *, binary: bool) -> Tensor:
    """What the probabilities were made of where that is known, and else what they may have been made of: see `Scores`.

    They stay part of the graph, with a gradient of zero, so that the loss is seen to be about them.
    """
    given = getattr(probabilities, "_nndoctor_given", None)  # not through a view
    result: Tensor = Scores.apply(probabilities, binary) if given is None else given + 0 * probabilities
    return result


class ScoresGiven(Given):
    """Undoes a softmax or a sigmoid in front of a loss that has its own."""

    needs = "no softmax or sigmoid in front of a loss that has its own"
    names = ("cross_entropy", "binary_cross_entropy_with_logits")

    def __init__(self) -> None:
        """No such loss was met yet."""
        super().__init__()
        self._undone: set[str] = set()

    def install(self, around: Around) -> None:
        """Round the losses, and round softmax and sigmoid: the scores that they are given are wanted."""
        super().install(around)
        remember_what_is_given(around, "softmax", "sigmoid")

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Read off the graph in training; where there is none, by what was found there."""
        before = activations_before(output.grad_fn)[:1] if output.grad_fn is not None else ()
        found = before[0] if before in (("softmax",), ("sigmoid",)) else ""
        if name == "cross_entropy" and not found and rows_of(name, output).get("rows_are_probabilities"):
            found = "softmax"
        if name != "cross_entropy" and output.grad_fn is None and name in self._undone:
            found = "sigmoid" if bool(((output >= 0) & (output <= 1)).all()) else ""
        if not found:
            return None
        if output.requires_grad:
            self._undone.add(name)
        return scores(output, binary=name != "cross_entropy" or found == "sigmoid"), target


class ProbabilitiesGiven(Given):
    """Puts log-softmax or sigmoid, or the logarithm, in front of losses that want probabilities or their logarithms."""

    needs = "no loss for probabilities that was given something else"
    names = ("nll_loss", "binary_cross_entropy", "kl_div")

    def install(self, around: Around) -> None:
        """Round the losses, and round clamp: what it cuts off of scores is wanted."""
        super().install(around)
        remember_what_is_given(around, "clamp", "clip")

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """By what the values are: probabilities, their logarithms, or scores."""
        if name == "binary_cross_entropy":
            output = getattr(output, "_nndoctor_given", output)
            within = bool(((output >= 0) & (output <= 1)).all()) and self._is_made(output)
            return None if within else (torch.sigmoid(output), target)
        rows = rows_of(name, output)
        if not rows or rows["rows_are_log_probabilities"]:
            return None
        if rows["rows_are_probabilities"]:
            return output.clamp_min(torch.finfo(output.dtype).tiny).log(), target
        # of two axes the last; `nll_loss` has its classes on axis 1
        return F.log_softmax(output, 1 if name == "nll_loss" else -1), target

    def _is_made(self, output: Tensor) -> bool:
        """Whether something made probabilities of it; scores may happen to lie within 0..1."""
        if output.grad_fn is None:
            return not self.applied
        before = activations_before(output.grad_fn)
        return bool({"sigmoid", "softmax", "exp"} & set(before)) or not before


class TargetReshaped(Given):
    """Gives the target the shape of the predictions, in losses and where the script subtracts one from the other."""

    needs = "no target of as many numbers as the predictions in another shape"
    names = PAIRING

    def __init__(self) -> None:
        """No pair was met yet."""
        super().__init__()
        self._pairs: set[tuple[int, int]] = set()

    def install(self, around: Around) -> None:
        """Round the losses, and round subtraction."""
        super().install(around)
        owner: Any
        for owner, name in ((Tensor, "__sub__"), (Tensor, "__rsub__"), (Tensor, "sub"), (torch, "sub")):
            setattr(owner, name, around.wrapped(getattr(owner, name), self._subtracted))

    def changed(self, name: str, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
        """Where both have as many numbers, and together would make a table."""
        return (output, target.reshape(output.shape)) if _crosses(output, target) else None

    def _subtracted(self, subtract: Any, one: Any, other: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(one, Tensor) or not isinstance(other, Tensor) or not _crosses(one, other):
            return subtract(one, other, *args, **kwargs)
        ranks = (one.dim(), other.dim())
        if one.requires_grad != other.requires_grad:
            self._pairs |= {ranks, ranks[::-1]}
        elif torch.is_grad_enabled() or ranks not in self._pairs:
            return subtract(one, other, *args, **kwargs)
        self.applied += 1
        if other.requires_grad or (not one.requires_grad and other.dim() > one.dim()):
            return subtract(one.reshape(other.shape), other, *args, **kwargs)
        return subtract(one, other.reshape(one.shape), *args, **kwargs)


def remember_what_is_given(around: Around, *names: str) -> None:
    """What torch's functions of these names make keeps what they were given, as `_nndoctor_given`."""

    def advice(function: Any, scores: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = function(*(() if scores is None else (scores,)), *args, **kwargs)
        given = kwargs.get("input") if scores is None else scores
        if isinstance(result, Tensor) and isinstance(given, Tensor):
            result._nndoctor_given = given  # type: ignore[attr-defined]  # lives as long as the result
        return result

    for name in names:
        for owner in (torch, Tensor):
            setattr(owner, name, around.wrapped(getattr(owner, name), advice))


def _crosses(one: Tensor, other: Tensor) -> bool:
    if one.dim() == other.dim() or one.numel() != other.numel() or one.numel() < 2:
        return False
    try:
        together = torch.broadcast_shapes(one.shape, other.shape)
    except RuntimeError:
        return False
    return together.numel() > one.numel()
