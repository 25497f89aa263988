"""Nothing is changed: at one step of the run a probe's experiment is made on copies of what the step is made of."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer, optimizer
from torch.utils._pytree import tree_map

from nndoctor.probe import CannotMeasure
from nndoctor.worker.bystander import Draws
from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.replica import Called, LossCalled, Replica, replica_of
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

MOST_CALLS = 64
MOST_FUNCTIONS = 8


@dataclass(frozen=True, slots=True)
class Function:
    """`nndoctor.replica.Function`, as the worker has it."""

    kind: Any
    given: tuple[Any, ...]

    @property
    def name(self) -> str:
        """That of its class."""
        return str(self.kind.__qualname__)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Copies, for they may be changed."""
        return tuple(_copied(one) for one in self.given if _is_real(one))

    def results(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Calls it: with clones, as it may write into what it is given."""
        ahead = iter(inputs)
        made = self.kind.apply(*(next(ahead).clone() if _is_real(one) else one for one in self.given))
        return tuple(one for one in (made if isinstance(made, tuple) else (made,)) if _is_real(one))


@dataclass(frozen=True, slots=True)
class Step:
    """`nndoctor.replica.Step`, as the worker has it."""

    ended_in: Any
    calls: tuple[Called, ...]
    losses: tuple[LossCalled, ...]
    called: tuple[Function, ...]
    optimizers: tuple[Optimizer, ...] = ()

    @property
    def value(self) -> float:
        """Of what goes backward."""
        return float(self.ended_in.detach()) if isinstance(self.ended_in, Tensor) else math.nan

    def replica(self) -> Replica:
        """The model, batch and loss."""
        if not isinstance(self.ended_in, Tensor):
            raise CannotMeasure("the backward pass starts from several tensors at once")
        return replica_of(self.ended_in, self.calls, self.losses, self.optimizers)

    def functions(self) -> tuple[Function, ...]:
        """The user's own."""
        return self.called


class Replaying(Steering):
    """Notes the calls of models, losses and functions before one backward pass, and has them done again there."""

    needs = "no such backward pass"

    def __init__(self, experiment: Callable[..., Mapping[str, float]], at: int) -> None:
        """`at` counts all backward passes."""
        super().__init__()
        self._experiment = experiment
        self._wait = at
        self._calls: deque[Called] = deque(maxlen=MOST_CALLS)
        self._losses: deque[LossCalled] = deque(maxlen=MOST_CALLS)
        self._functions: dict[Any, Function] = {}
        self._optimizers = Marked()

    def install(self, around: Around) -> None:
        """Round calls of models, losses and autograd functions, after optimizers are made, before backward passes."""
        around.models(self._called)
        around.losses(FUNCTIONS, self._lost)
        around.backward(self._arrived)
        around.optimizers(self._optimizers.add)
        around.functions(self._applied)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if self._wait or not torch.is_grad_enabled():
            return call(module, *args, **kwargs)
        noted = Called(module, args, kwargs)
        output = call(module, *args, **kwargs)
        noted.returned(output)
        self._calls.append(noted)
        return output

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        value = loss(*args, **kwargs)
        if not self._wait and getattr(value, "grad_fn", None) is not None:
            given = bound(name, args, kwargs)
            if given is not None:
                self._losses.append(LossCalled(loss, given, value.grad_fn))
        return value

    def _applied(self, apply: Any, kind: Any, *args: Any, **kwargs: Any) -> Any:
        room = len(self._functions) < MOST_FUNCTIONS
        if not self._wait and room and not kwargs and kind not in self._functions:
            self._functions[kind] = Function(kind, tree_map(_copied, args))
        return apply(kind, *args, **kwargs)

    def _arrived(self, ends_in: Any) -> None:
        if not self._wait:
            self._replay(ends_in)
        self._wait -= 1

    def _replay(self, ends_in: Any) -> None:
        called, optimizers = tuple(self._functions.values()), tuple(self._optimizers)
        step = Step(ends_in, tuple(self._calls), tuple(self._losses), called, optimizers)
        autocasts = [torch.autocast(device, enabled=False) for device in ("cuda", "cpu")]
        try:
            with (
                _kept(step),
                _unheard(),
                autocasts[0],
                autocasts[1],
                torch.inference_mode(mode=False),
                torch.enable_grad(),
            ):
                found = self._experiment(step)
            self.measured = {name: float(value) for name, value in found.items() if math.isfinite(value)}
            self.applied = 1
        except CannotMeasure as reason:
            self.why = str(reason)
        except Exception as fault:  # noqa: BLE001  # permitted: a stranger's model may raise anything when it is redone
            self.why = f"the step can't be done again ({type(fault).__name__}: {fault})"
        finally:
            self._calls.clear()
            self._losses.clear()


def _copied(thing: Any) -> Any:
    return thing.detach().clone().requires_grad_(thing.requires_grad) if isinstance(thing, Tensor) else thing


def _is_real(thing: Any) -> bool:
    return isinstance(thing, Tensor) and thing.is_floating_point()


@contextmanager
def _unheard() -> Iterator[None]:
    """Steps of copies are heard by nobody, the user's hooks on all optimizers included."""
    hooks: list[Any] = [optimizer._global_optimizer_pre_hooks, optimizer._global_optimizer_post_hooks]
    kept = [dict(one) for one in hooks]
    for one in hooks:
        one.clear()
    try:
        yield
    finally:
        for one, own in zip(hooks, kept, strict=True):
            one.update(own)


@contextmanager
def _kept(step: Step) -> Iterator[None]:
    """Puts all back, also what a copy changes of the model that it was made of, being bound to that by a closure."""
    modules = {id(part): part for call in step.calls for part in call.module.modules()}.values()
    gradients = [(parameter, parameter.grad) for part in modules for parameter in part.parameters(recurse=False)]
    buffers = [(b, b.detach().clone()) for part in modules for b in part.buffers(recurse=False)]
    modes = [(part, part.training) for part in modules]
    draws = Draws.now()
    for parameter, _ in gradients:
        parameter.grad = None
    try:
        yield
    finally:
        draws.put_back()
        for parameter, gradient in gradients:
            parameter.grad = gradient
        for part, training in modes:
            part.training = training
        for buffer, values in buffers:
            # batch norm writes without a new version, and so must we: the graph waits for its backward
            if not torch.equal(buffer, values):
                buffer.data.copy_(values)
