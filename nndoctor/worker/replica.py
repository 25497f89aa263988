"""A training step's double: the called model copied, with its batch, its random numbers and the loss of its output."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils._pytree import tree_flatten, tree_unflatten

from nndoctor.probe import CannotMeasure
from nndoctor.worker.bystander import Draws, sow
from nndoctor.worker.clone import copy_of, optimizer_of
from nndoctor.worker.graph import nodes_behind
from nndoctor.worker.loop import Unfit
from nndoctor.worker.tensors import found_in, readable

Turning = Callable[[Tensor], Tensor]
ALIKE = 1e-3
"""A model that is given the same once more comes so near to what it gave, or it is no copy to judge by."""
MOST_AXES = 4
SCALES = ("MulBackward0", "DivBackward0")
"""What stands between a loss and the backward pass: a GradScaler's factor, the number of accumulated batches."""


class Called:
    """An outermost call of a model that builds a graph."""

    def __init__(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Before the call."""
        self.module = getattr(module, "_orig_mod", module)
        self.given = (args, kwargs)
        self.draws = Draws.now()
        self.autocasts = [
            (device, torch.get_autocast_dtype(device))
            for device in ("cuda", "cpu")
            if torch.is_autocast_enabled(device)
        ]
        self.modes = [part.training for part in self.module.modules()]
        self.outputs: list[tuple[str, Tensor, Any]] = []

    def returned(self, output: Any) -> None:
        """After it. The node is kept with its tensor, which may get another one by being written to."""
        self.outputs = [(path, t, t.grad_fn) for path, t in found_in(output) if t.grad_fn is not None]


@dataclass(frozen=True, slots=True)
class LossCalled:
    """A call of one of torch's loss functions; `node` is that of its value."""

    function: Callable[..., Any]
    arguments: inspect.BoundArguments
    node: Any


class Replica:
    """`nndoctor.replica.Replica`, as the worker has it."""

    def __init__(
        self,
        call: Called,
        output: tuple[str, Tensor],
        loss: Turning | str,
        target: Tensor | None = None,
        optimizers: Sequence[Optimizer] = (),
    ) -> None:
        """`output`: the one that the loss was made of, by its path; `loss` is why there is none, where it is a text.

        Raises CannotMeasure for a model that can't be copied, or does not do the same again.
        """
        self._memo: dict[int, Any] = {}
        self._optimizers = optimizers
        try:
            self.model: Any = copy_of(call.module, self._memo)
        except Unfit as unfit:
            raise CannotMeasure(str(unfit)) from unfit
        for part, training in zip(self.model.modules(), call.modes, strict=True):
            part.training = training
        self._call, self._loss, self._autocasts = call, loss, call.autocasts
        self.target = target.detach().clone() if target is not None else None
        self._path, kept = output
        leaves, self._shape = tree_flatten(call.given)
        self._leaves = [leaf.detach().clone() if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        again = self.output()
        if again.shape != kept.shape or not _near(again, kept):
            raise CannotMeasure("the model gives something else when it is given the same batch once more")

    @property
    def inputs(self) -> Mapping[str, Tensor]:
        """The tensors of the batch, by their number among the arguments."""
        return {str(n): leaf for n, leaf in enumerate(self._leaves) if isinstance(leaf, Tensor)}

    def optimizer(self) -> Optimizer:
        """The run's own, copied."""
        try:
            return optimizer_of(self._call.module, self._optimizers, self._memo)
        except Unfit as unfit:
            raise CannotMeasure(str(unfit)) from unfit

    def double(self) -> None:
        """From now on in double precision, and without autocast."""
        self.model.double()
        self._leaves = [_doubled(leaf) for leaf in self._leaves]
        self._autocasts = []
        if isinstance(self._loss, partial) and isinstance(own := self._loss.args[0], partial):
            fixed = {name: _doubled(value) for name, value in own.keywords.items()}
            self._loss = partial(_lost, partial(own.func, **fixed), *self._loss.args[1:])

    def output(self, changed: Mapping[str, Tensor] | None = None, *, seed: int | None = None) -> Tensor:
        """What the copy gives."""
        changed = changed or {}
        # clones: a model may write into what it is given
        given = [
            changed.get(str(n), leaf).clone() if isinstance(leaf, Tensor) else leaf
            for n, leaf in enumerate(self._leaves)
        ]
        args, kwargs = tree_unflatten(given, self._shape)
        self._call.draws.put_back()
        if seed is not None:
            sow(seed)
        with self._as_called():
            output = dict(found_in(self.model(*args, **kwargs))).get(self._path)
        if output is None:
            raise CannotMeasure("the model gives something else when it is given the same batch once more")
        return output

    def loss(self, output: Tensor) -> Tensor:
        """The run's loss."""
        if isinstance(self._loss, str):
            raise CannotMeasure(self._loss)
        with self._as_called():
            return self._loss(output)

    @contextmanager
    def _as_called(self) -> Iterator[None]:
        with ExitStack() as within:
            for device, dtype in self._autocasts:
                within.enter_context(torch.autocast(device, dtype=dtype))
            yield


def replica_of(
    loss: Tensor, calls: Sequence[Called], losses: Sequence[LossCalled], optimizers: Sequence[Optimizer] = ()
) -> Replica:
    """The step that ended in this loss. Raises CannotMeasure where it is not one call of one model."""
    behind = set(nodes_behind(loss.grad_fn)) if loss.grad_fn is not None else set()
    reached = [(call, [one for one in call.outputs if one[2] in behind]) for call in calls]
    reached = [(call, outputs) for call, outputs in reached if outputs]
    if len(reached) != 1:
        many = "several calls of models" if reached else "no call of a model that was seen"
        raise CannotMeasure(f"the loss of a step is made of {many}, so none can be done again for itself")
    call, outputs = reached[0]
    path, tensor, _ = outputs[0]
    if not readable(tensor):
        raise CannotMeasure("the model's output has no plain values")
    chain = list(_unscaled(loss.grad_fn))
    own = next((one for one in losses if one.node in chain), None)
    target = own.arguments.arguments.get("target") if own is not None else None
    made = _loss_of(chain, outputs, own)
    return Replica(call, (path, tensor), made, target if isinstance(target, Tensor) else None, optimizers)


def _loss_of(chain: list[Any], outputs: list[tuple[str, Tensor, Any]], own: LossCalled | None) -> Turning | str:
    """The loss as a function of the first output, but for a factor; or why it can't be had."""
    _, tensor, node = outputs[0]
    if node in chain and tensor.numel() == 1:
        return lambda output: output
    if own is None or len(outputs) > 1:
        return "the loss of a step is no single call of one of torch's loss functions on the model's output"
    given = own.arguments.arguments.get("input")
    turn = _turning(tensor.detach(), given.detach()) if isinstance(given, Tensor) else None
    if turn is None:
        return "what the loss function was given is not just the model's output"
    fixed = {
        name: value.detach().clone() if isinstance(value, Tensor) else value
        for name, value in own.arguments.arguments.items()
        if name != "input"
    }
    return partial(_lost, partial(own.function, **fixed), turn)


def _lost(function: Callable[..., Tensor], turn: Turning, output: Tensor) -> Tensor:
    return function(input=turn(output))


def _doubled(thing: Any) -> Any:
    return thing.double() if isinstance(thing, Tensor) and thing.is_floating_point() else thing


def _unscaled(node: Any) -> Iterator[Any]:
    """The nodes from here down through products with constants."""
    while node is not None:
        yield node
        followers = [follower for follower, _ in node.next_functions if follower is not None]
        node = followers[0] if node.name() in SCALES and len(followers) == 1 else None


def _turning(output: Tensor, given: Tensor) -> Turning | None:
    """How the loss's input comes from the output: as it is, its axes turned, or reshaped; None for all else."""
    if output.numel() != given.numel() or output.dtype != given.dtype or output.dim() > MOST_AXES:
        return None
    turns = [partial(_turned, order, given.shape) for order in itertools.permutations(range(output.dim()))]
    return next((turn for turn in turns if torch.equal(turn(output), given)), None)


def _turned(order: tuple[int, ...], shape: torch.Size, output: Tensor) -> Tensor:
    return output.permute(order).reshape(shape)


def _near(one: Tensor, other: Tensor) -> bool:
    one, other = one.detach().double(), other.detach().double()
    if not bool(torch.isfinite(other).all()):
        raise CannotMeasure("the model's output is not finite")
    return bool((one - other).abs().max() <= ALIKE * other.abs().max().clamp_min(1e-6))
