"""The torch functions that user code calls, each with its line: in the models and on the way to the loss, at the start.

A TorchFunctionMode costs up to half a step, so it is left at each backward and never entered after a few iterations.
"""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, _push_mode

from nndoctor.seen import ForwardSeen, LossPathSeen, OpSeen
from nndoctor.worker.chased import Chased
from nndoctor.worker.graph import nodes_behind
from nndoctor.worker.journal import Journal
from nndoctor.worker.mode_stack import take_off
from nndoctor.worker.models import Known, Models
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import finite, found_in, readable

MOST_OPERATIONS = 3000
MOST_WALKS = 16
MOST_NODES = 10_000
FORWARDS_WATCHED = 6
FUNCTIONAL_WATCHED = 3
LEAVES_TORCH = ("numpy", "item", "tolist", "__array__", "__float__")
FLAT = ("round", "floor", "ceil", "trunc", "fix", "sign", "sgn", "heaviside", "bernoulli")
"""Functions with a derivative of zero almost everywhere."""
LOGARITHMS = ("log", "log2", "log10")
RESHAPING = ("view", "reshape")
_NO_OPERATION = ("__set__", "size", "dim", "__len__", "requires_grad_", "register_hook", "__hash__")


class Operations(TorchFunctionMode):
    """Notes every call that takes or gives tensors, in order."""

    def __init__(self, places: Places, models: Models, heard: Callable[[], bool], chased: Chased) -> None:
        """`heard`: whether the caller is the user's code, not the tap."""
        super().__init__()
        self._chased = chased
        self._places = places
        self._models = models
        self._heard = heard
        self._walks = 0
        self._applied: dict[tuple[int, int], tuple[weakref.ref[Tensor], int]] = {}
        self.deaf = False
        self.seen: list[OpSeen] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Calls the function as it would have been called, then notes it."""
        kwargs = kwargs or {}
        name = "" if self.deaf or not self._heard() or len(self.seen) >= MOST_OPERATIONS else _name(func)
        if not name:
            return func(*args, **kwargs)
        given = [tensor for _, tensor in found_in((args, kwargs))]
        grad = [tensor for tensor in given if tensor.requires_grad]
        shapes = tuple(tuple(tensor.shape) for tensor in given[:3])
        lowest = _lowest(given[0]) if name in LOGARITHMS and given else None
        again = self._applies_again(given)
        # a loss function is wrapped by the tap, and its wrapper is at work already
        result = getattr(func, "unwatched", func)(*args, **kwargs)
        gives = [tensor for _, tensor in found_in(result)]
        self._chased.passed_on(given, result)
        if gives or name in LEAVES_TORCH:
            floating = name in LEAVES_TORCH or any(tensor.is_floating_point() for tensor in gives)
            gives_grad = any(tensor.requires_grad for tensor in gives)
            cut = floating and bool(grad) and (not gives_grad or name in FLAT)
            self.seen.append(
                OpSeen(
                    name=name,
                    place=self._places.here(),
                    takes_grad=bool(grad),
                    gives_grad=gives_grad,
                    grad_mode=torch.is_grad_enabled(),
                    floating=floating,
                    shapes=shapes,
                    behind=tuple(self._behind(grad)) if cut else (),
                    lowest=lowest,
                    result=tuple(gives[0].shape) if name in RESHAPING and gives else (),
                    again=again,
                )
            )
        return result

    def forget(self) -> None:
        """A model called twice with the same input, for its dropout, is no layer that does its work twice."""
        self._applied.clear()

    def _applies_again(self, given: list[Tensor]) -> bool:
        """Whether weights are applied to the very values that they were applied to before."""
        weights = [tensor for tensor in given if isinstance(tensor, nn.Parameter) and tensor.dim() > 1]
        if len(weights) != 1 or given[0] is weights[0]:
            return False
        key = (id(given[0]), id(weights[0]))
        before, version = self._applied.get(key, (lambda: None, -1))
        self._applied[key] = (weakref.ref(given[0]), given[0]._version)
        return before() is given[0] and version == given[0]._version

    def _behind(self, tensors: list[Tensor]) -> Iterable[str]:
        """The parameters that these tensors were made of."""
        found: dict[str, None] = {}
        for tensor in tensors:
            if tensor.grad_fn is None:
                found[self._models.name_of(tensor)] = None
            elif self._walks < MOST_WALKS:
                self._walks += 1
                leaves = (
                    node.variable for node in nodes_behind(tensor.grad_fn, MOST_NODES) if hasattr(node, "variable")
                )
                found |= dict.fromkeys(self._models.name_of(leaf) for leaf in leaves)
        return found


class Window:
    """Keeps the mode on from the first call of a model until backward, as long as iterations are to be watched."""

    def __init__(self, journal: Journal, places: Places, models: Models, heard: Callable[[], bool]) -> None:
        """Nothing was watched yet."""
        self._journal = journal
        self.chased = Chased()
        self._new = lambda: Operations(places, models, heard, self.chased)
        self._mode: Operations | None = None
        self._forwards = 0
        self._functional = 0
        self._iteration = 0
        self._thread = 0
        self._backward = Tensor.backward

    def forward(self, run: Callable[[], Any], known: Known, iteration: int) -> Any:
        """Runs a model's call, noting its operations, and stays on for those that follow it."""
        if self._forwards >= FORWARDS_WATCHED or torch._C._get_tracing_state() is not None:
            return run()
        self._forwards += 1
        mode = self._entered(iteration)
        outside, mode.seen = mode.seen, []
        mode.forget()
        try:
            output = run()
        except BaseException:
            self._journal.write(ForwardSeen(known.number, iteration, tuple(mode.seen)))
            mode.seen = outside
            self.leave()
            raise
        self._journal.write(ForwardSeen(known.number, iteration, tuple(mode.seen)))
        mode.seen = outside
        # a mode of the user's own may end before ours, and would then take ours off the stack
        if torch._C._len_torch_function_stack() > 1:
            self.leave()
        return output

    def look(self, run: Callable[[], Any], known: Known) -> Any:
        """Runs a model's call without gradient, of whose operations none is of interest."""
        self.mute(deaf=True)
        try:
            output = run()
        finally:
            self.mute(deaf=False)
        self.chased.gave(known.number, output)
        return output

    def functional(self, iteration: int) -> None:
        """No model was called before this backward: watches the next iteration as a whole."""
        if self._functional < FUNCTIONAL_WATCHED and not torch._C._len_torch_function_stack():
            self._functional += 1
            self._entered(iteration)

    def mute(self, *, deaf: bool) -> None:
        """What follows is of no interest, or is again: a call without gradient, an optimizer's step."""
        if self._mode is not None:
            self._mode.deaf = deaf

    def leave(self) -> None:
        """Takes the mode off and writes down what it heard outside of the models; only where it was put on."""
        if self._mode is None or threading.get_ident() != self._thread:
            return  # another thread goes backward: its stack of modes is not this one
        mode, self._mode = self._mode, None
        Tensor.backward = self._backward
        take_off(mode)
        if mode.seen:
            self._journal.write(LossPathSeen(self._iteration, tuple(mode.seen)))

    def _entered(self, iteration: int) -> Operations:
        self._iteration = iteration
        if self._mode is None:
            self._mode, self._thread = self._new(), threading.get_ident()
            _push_mode(self._mode)
            original = self._backward = Tensor.backward

            @functools.wraps(original)
            def backward(tensor: Tensor, *args: Any, **kwargs: Any) -> None:
                # within torch's own backward the mode is off the stack for a while, and could not be taken away
                self.leave()
                original(tensor, *args, **kwargs)

            Tensor.backward = backward  # type: ignore[assignment]
        return self._mode


def _lowest(tensor: Tensor) -> float | None:
    return finite(tensor.detach().min().item()) if readable(tensor) and not tensor.is_complex() else None


def _name(func: Any) -> str:
    """The function's name; "" for a look at shape, type or device, which is no operation. `x.data` is one."""
    name = str(getattr(func, "__name__", ""))
    if name == "__get__":
        owner = getattr(func, "__self__", None)
        return "data" if owner is Tensor.data else ""
    return "" if name in _NO_OPERATION else name
