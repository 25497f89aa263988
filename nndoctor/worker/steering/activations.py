"""Activation functions between two weighted layers, changed so that they let gradients through."""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from nndoctor.intervention import Activation
from nndoctor.worker.graph import TRANSPARENT, nodes_behind
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.weights import Reinitialising

SQUASHING, RECTIFYING = ("sigmoid", "tanh"), ("relu",)
SLOPE = 0.1
WEIGHTED = ("Addmm", "Mm", "Bmm", "Convolution", "Linear", "UnsafeView")
PASSING = (
    "NativeBatchNorm", "NativeLayerNorm", "NativeGroupNorm", "NativeDropout", "MaxPool", "AvgPool", "AdaptiveAvgPool",
    "Add", "Mean", *TRANSPARENT,
)  # fmt: skip
MOST = 64
TINY = 1e-3


class Replacing(Steering):
    """In place of sigmoid and tanh ReLU, or the same function kept off its ends; ReLU with a slope below zero.

    Of sigmoid and tanh only those that stand between two weighted layers, not gates and not what shapes the output:
    that is read off the graph of the first training call, so that its step is still made without the change.
    """

    needs = "no such activation between two layers of a model"

    def __init__(self, by: Activation, *, restarted: bool) -> None:
        """`by` is the function that is put in; `restarted`: the weights start as suits it."""
        super().__init__()
        self._by = by
        self._weights = Reinitialising("kaiming") if restarted else Steering()
        self._module: weakref.ref[nn.Module] | None = None
        self._count = 0
        self._called_in_order: list[Any] = []
        self._hidden: dict[int, set[int]] = {}
        self._ranges: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def install(self, around: Around) -> None:
        """Round these functions, the calls of models and backward passes."""
        self._around = around
        self._weights.install(around)
        around.models(self._called)
        around.backward(self._backward)
        owner: Any
        for name in RECTIFYING if self._by == "leaky_relu" else SQUASHING:
            for owner in (torch, Tensor, F):
                setattr(owner, name, around.wrapped(getattr(owner, name), self._activated))

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        self._module, self._count, self._called_in_order = weakref.ref(module), 0, []
        try:
            return call(module, *args, **kwargs)
        finally:
            self._count = -1
            self.applied += self._weights.applied
            self._weights.applied = 0

    def _activated(self, function: Any, given: Any = None, *args: Any, **kwargs: Any) -> Any:
        module = self._module() if self._module is not None else None
        with self._around.at_work():
            if module is None or self._count < 0 or not isinstance(given, Tensor):
                return function(*(() if given is None else (given,)), *args, **kwargs)
            number, self._count = self._count, self._count + 1
            if self._by == "leaky_relu":
                self.applied += 1
                return F.leaky_relu(given, SLOPE)
            if number in self._hidden.get(id(module), ()):
                self.applied += 1
                if self._by == "relu":
                    return torch.relu(given)
                return function(self._within_range((id(module), number), given), *args, **kwargs)
            output = function(given, *args, **kwargs)
            self._called_in_order.append(output.grad_fn)
            return output

    def _within_range(self, which: tuple[int, int], given: Tensor) -> Tensor:
        """Each unit's inputs, where they are large, so shifted and scaled that its first batch has mean 0 and spread 1.

        Both stay as they were measured then (T. Salimans and D. Kingma, Weight Normalization, 2016).
        """
        if which not in self._ranges:
            first = given.detach()
            others = [dim for dim in range(first.dim()) if dim != (1 if first.dim() > 3 else first.dim() - 1)]
            mean, spread = first.mean(others, keepdim=True), first.std(others, keepdim=True)
            far = bool(first.square().mean() > 1)
            self._ranges[which] = (mean, spread.clamp(min=TINY)) if far else (mean * 0, spread * 0 + 1)
        mean, spread = self._ranges[which]
        return (given - mean) / spread

    def _backward(self, loss: Any) -> None:
        module = self._module() if self._module is not None else None
        if module is None or id(module) in self._hidden or not isinstance(loss, Tensor) or loss.grad_fn is None:
            return
        users: dict[Any, list[Any]] = defaultdict(list)
        for node in nodes_behind(loss.grad_fn):
            for below, _ in node.next_functions:
                users[below].append(node)
        self._hidden[id(module)] = {
            number
            for number, node in enumerate(self._called_in_order)
            if node is not None and node in users and _is_weighted_below(node) and _is_weighted_above(node, users)
        }


def _is_weighted_below(node: Any) -> bool:
    for _ in range(MOST):
        node = next((below for below, _ in node.next_functions if below is not None), None)
        if node is None:
            return False
        if node.name().startswith(WEIGHTED):
            return True
        if not node.name().startswith(PASSING) and not _is_scaled(node):
            return False
    return False


def _is_scaled(node: Any) -> bool:
    """By a factor that has no gradient: dropout, or a constant; with one that has, it is a gate."""
    factors = sum(below is not None for below, _ in node.next_functions)
    return factors == 1 and bool(node.name().startswith(("Mul", "Div")))


def _is_weighted_above(node: Any, users: dict[Any, list[Any]]) -> bool:
    waiting, seen = list(users[node]), 0
    while waiting and seen < MOST:
        user, seen = waiting.pop(), seen + 1
        name = user.name()
        if name.startswith(WEIGHTED):
            return True
        if _is_scaled(user) or name.startswith(PASSING):
            waiting += users[user]
    return False
