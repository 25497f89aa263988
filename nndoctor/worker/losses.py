"""The calls of torch's loss functions: what went in, against what target, and how well it did.

All loss modules (nn.CrossEntropyLoss, ...) end in these functions, so that one wrapper round each sees both.
"""

from __future__ import annotations

import functools
import inspect
import math
import weakref
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor

from nndoctor.seen import LossCall
from nndoctor.worker.cost import Readings
from nndoctor.worker.goals import levels, padded, reach
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places
from nndoctor.worker.stretch import Call
from nndoctor.worker.tensors import finite, readable, tensor_seen

FUNCTIONS = (
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "mse_loss",
    "l1_loss",
    "smooth_l1_loss",
    "huber_loss",
    "kl_div",
    "poisson_nll_loss",
    "gaussian_nll_loss",
    "soft_margin_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
)
INDEXED = ("cross_entropy", "nll_loss")
NUMBERS = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
CLASS_LOSSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
BINARY_LOSSES = {"binary_cross_entropy": 0.5, "binary_cross_entropy_with_logits": 0.0}
MOST_CLASSES = 1000
MOST_WEIGHTS = 100
LOOKS = 64
"""Evaluation losses described in full at the start; later only at closely watched iterations."""
_SIGNATURES = {name: inspect.signature(getattr(F, name)) for name in FUNCTIONS}


class Losses:
    """Describes loss calls, and leaves them with the model's call until it is known whether it trained."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """No loss was seen yet."""
        self._journal = journal
        self._places = places
        self._looks = 0
        self._target: weakref.ref[Tensor] | None = None
        self._ignored: int | None = None

    def wrapped(self, name: str, tap: Any) -> Callable[..., Any]:
        """The function of that name, reporting to the tap; torch.compile traces through to the original."""
        original = getattr(F, name)
        traced, compiling = torch.compiler.is_dynamo_compiling, torch.compiler.is_compiling

        @functools.wraps(original)
        def loss_function(*args: Any, **kwargs: Any) -> Any:
            value = original(*args, **kwargs)
            target = args[1] if len(args) > 1 else kwargs.get("target")
            self._target = weakref.ref(target) if isinstance(target, Tensor) else None
            self._ignored = _averaged_without(args, kwargs) if name in INDEXED else None
            # within a graph nothing else may be asked; nearly all others are passed by
            if traced() or (tap.passing and getattr(value, "requires_grad", False)):
                return value
            if not compiling() and tap.cares_for(value):
                tap.loss_called(name, args, kwargs, value)
            return value

        loss_function.unwatched = original  # type: ignore[attr-defined]
        return loss_function

    def target_is_bad(self) -> bool:
        """Whether the last target holds values that are not finite."""
        target = self._target() if self._target is not None else None
        if target is None or not readable(target) or not target.is_floating_point():
            return False
        return not bool(torch.isfinite(target.detach()).all())

    def target_is_uncounted(self) -> bool:
        """Whether the last target was one of classes, and none of it was to count."""
        target = self._target() if self._target is not None else None
        if self._ignored is None or target is None or not readable(target) or target.is_floating_point():
            return False
        return bool((target == self._ignored).all())

    @torch.no_grad()
    def called(self, name: str, given: inspect.BoundArguments, value: Any, call: Call | None, context: Any) -> None:
        """A loss was computed; `context` is the watch."""
        arguments = given.arguments
        output, target = arguments.get("input"), arguments.get("target")
        if not isinstance(output, Tensor) or not isinstance(target, Tensor) or not isinstance(value, Tensor):
            return
        if not readable(output) or not readable(target):
            return
        looking = not value.requires_grad or (call is not None and not call.modes[0])
        if looking and call is not None:
            _score(name, arguments, value, call, context.readings)
        described = context.close or (looking and self._looks < LOOKS)
        self._looks += looking
        if not described:
            return
        fed = [tensor for reference in call.inputs if (tensor := reference()) is not None] if call else []
        record = self._described(name, arguments, value, context, fed)
        if call is None:
            self._journal.write_thinned(record)
        else:
            call.losses.append(record)

    def _described(
        self, name: str, arguments: dict[str, Any], value: Tensor, context: Any, fed: list[Tensor]
    ) -> LossCall:
        output, target = arguments["input"].detach(), arguments["target"].detach()
        ignored = arguments.get("ignore_index", -100) if name in INDEXED else None
        weights = arguments.get("weight") is not None or arguments.get("pos_weight") is not None
        return LossCall(
            function=name,
            place=self._places.here(),
            iteration=context.iteration,
            evaluating=not value.requires_grad,
            inside_model=context.inside,
            input=tensor_seen("input", arguments["input"]),
            target=tensor_seen("target", arguments["target"]),
            value=finite(value.item()) if value.numel() == 1 else None,
            reduction=str(arguments.get("reduction", "mean")),
            ignore_index=ignored,
            label_smoothing=float(arguments.get("label_smoothing", 0.0)),
            weighted=weights,
            class_weights=_class_weights(name, arguments),
            padding=padded(fed, target, ignored) if name in INDEXED else None,
            made_by=context.window.chased.maker_of(arguments["target"]),
            levels=levels(target) if name in NUMBERS else None,
            **(reach(arguments["input"], target) if name in NUMBERS else {}),
            **rows_of(name, output),
            **_classes(name, output, target, ignored),
            **_spread(output),
        )


def _class_weights(name: str, arguments: dict[str, Any]) -> tuple[float, ...]:
    """One for each class, in the order of their numbers; () without, and where each label has its own."""
    given = arguments.get("weight" if name in CLASS_LOSSES else "pos_weight")
    if not isinstance(given, Tensor) or not readable(given) or given.numel() > MOST_WEIGHTS:
        return ()
    weights = [float(weight) for weight in given.detach().flatten().tolist()]
    if name not in CLASS_LOSSES:
        weights = [1.0, *weights] if len(weights) == 1 else []
    return tuple(weights) if all(map(math.isfinite, weights)) else ()


def _averaged_without(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    """The target that a mean leaves out; None where it is no mean, which nothing to count makes NaN."""
    reduction = args[6] if len(args) > 6 else kwargs.get("reduction", "mean")
    return (args[4] if len(args) > 4 else kwargs.get("ignore_index", -100)) if reduction == "mean" else None


def bound(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments | None:
    """The arguments by name; None for a call that the function itself would not take."""
    try:
        return _SIGNATURES[name].bind(*args, **kwargs)
    except TypeError:
        return None


@torch.no_grad()
def _score(name: str, arguments: dict[str, Any], value: Tensor, call: Call, readings: Readings) -> None:
    """Leaves mean loss and accuracy with the call; on a GPU they come when they have been computed."""
    output, target = arguments["input"].detach(), arguments["target"].detach()
    unknown = torch.full((), float("nan"), dtype=torch.float64, device=output.device)
    loss = value.detach().double() if value.numel() == 1 else unknown
    if arguments.get("reduction", "mean") == "sum":
        # the pass keeps means, so that batches of any size can be compared
        loss = loss / max(1, target.numel())
    right = _right(name, output, target, None) if output.device.type == "cpu" or name in CLASS_LOSSES else None
    accuracy = unknown
    if right is not None:
        judged = target != arguments.get("ignore_index", -100) if name in CLASS_LOSSES else torch.ones_like(right)
        accuracy = (right & judged).sum() / judged.sum().double()
    scores = call.scores = []
    weight = float(target.shape[0] if target.dim() else 1)
    readings.later(
        torch.stack([loss.reshape(()).to(unknown.device), accuracy.double()]),
        lambda read: scores.append((finite(read[0]), finite(read[1]), weight)),
    )


def _right(name: str, output: Tensor, target: Tensor, ignored: int | None) -> Tensor | None:
    """For each judged sample whether the prediction is right; None where there is no such thing."""
    if name in CLASS_LOSSES and not target.is_floating_point() and output.dim() == target.dim() + 1:
        right = output.argmax(1 if output.dim() > 1 else 0) == target
        return right[target != ignored] if ignored is not None else right
    if name in BINARY_LOSSES and output.shape == target.shape and bool(((target == 0) | (target == 1)).all()):
        return (output > BINARY_LOSSES[name]) == (target > 0.5)
    return None


def rows_of(name: str, output: Tensor) -> dict[str, Any]:
    """Whether the rows along the class axis are probabilities, or their logarithms."""
    if name not in (*CLASS_LOSSES, "kl_div") or output.dim() < 2:
        return {}
    # kl_div knows no class axis: there it may be the last one too
    found = [_rows_along(axis, output) for axis in ((1, -1) if name == "kl_div" else (1,)) if output.shape[axis] > 1]
    return {key: any(rows.get(key, False) for rows in found) for key in (found[0] if found else ())}


def _rows_along(axis: int, output: Tensor) -> dict[str, bool]:
    rows = output.movedim(axis, -1).reshape(-1, output.shape[axis])[:4096].double()
    if not bool(torch.isfinite(rows).all()):
        return {}
    summed = rows.sum(1)
    loose = 1e-2 if output.dtype in (torch.float16, torch.bfloat16) else 1e-4
    return {
        "rows_are_probabilities": bool((rows >= 0).all() and ((summed - 1).abs() < loose).all()),
        "rows_are_log_probabilities": bool((rows.logsumexp(1).abs() < max(1e-3, loose)).all()),
    }


def _classes(name: str, output: Tensor, target: Tensor, ignored: int | None) -> dict[str, Any]:
    right = _right(name, output, target, ignored)
    if right is None or right.numel() == 0:
        return {"classes": output.shape[1]} if name in CLASS_LOSSES and output.dim() > 1 else {}
    if name in BINARY_LOSSES:
        predicted, labels, classes = output > BINARY_LOSSES[name], target > 0.5, 2
    else:
        predicted, labels, classes = (
            output.argmax(1 if output.dim() > 1 else 0),
            target,
            output.shape[-1 if output.dim() < 2 else 1],
        )
        if ignored is not None:
            predicted, labels = predicted[target != ignored], labels[target != ignored]
    counts = _counts(labels)
    shares = counts / counts.sum()
    chosen = _counts(predicted)
    found: dict[str, Any] = {
        "classes": classes,
        "accuracy": right.double().mean().item(),
        "sure_accuracy": _of_the_surer(name, output, target, right, ignored),
        "top_share": (chosen.max() / chosen.sum()).item(),
        "majority_share": shares.max().item(),
        "entropy": float(-(shares[shares > 0].log() * shares[shares > 0]).sum()),
    }
    if classes <= MOST_CLASSES:
        values = torch.unique(labels).tolist()
        found["label_counts"] = {
            str(int(v)): float(c) for v, c in zip(values, counts[counts > 0].tolist(), strict=True)
        }
    return found


def _counts(labels: Tensor) -> Tensor:
    return torch.unique(labels, return_counts=True)[1].double()


def _spread(output: Tensor) -> dict[str, Any]:
    if output.dim() < 1 or output.shape[0] < 2 or output.numel() > 1 << 22:
        return {}
    numbers = output.double()
    return {
        "output_std_over_samples": finite(numbers.std(dim=0, correction=0).mean().item()),
        "output_std": finite(numbers.std(correction=0).item()),
    }


def _of_the_surer(name: str, output: Tensor, target: Tensor, right: Tensor, ignored: int | None) -> float | None:
    """The accuracy of the half whose answers stand out most; None where the answers can't be told apart."""
    if name in BINARY_LOSSES:
        margin = (output - BINARY_LOSSES[name]).abs()
    elif output.dim() > 1 and 1 < output.shape[1] <= MOST_CLASSES:
        first, second = output.topk(2, dim=1).values.unbind(1)
        margin = first - second
        margin = margin[target != ignored] if ignored is not None else margin
    else:
        return None
    margin = margin.float()
    surer = margin > margin.median()
    return finite(right[surer].double().mean().item()) if bool(surer.any()) else None
