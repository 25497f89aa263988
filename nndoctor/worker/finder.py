"""Finds the operation that made the first non-finite value: every result of some iterations is looked at, in a rerun.

A dispatch mode costs up to four times a step (and more with these looks), so it is on for a few iterations only. What
is not finite is followed by its storage from operation to operation, so that the -inf of a mask, which a softmax takes
away again, and a NaN that a `where` hides are not mistaken for the cause of a lost loss.
"""

from __future__ import annotations

import functools
import math
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from nndoctor.case import Place
from nndoctor.nonfinite import NonfiniteSource
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import finite, readable

_MORE = {torch.float16: torch.float32, torch.bfloat16: torch.float32, torch.float32: torch.float64}
_FRAME = re.compile(r'File "(?P<file>[^\n]*)", line (?P<line>\d+)')
_UNFILLED = ("empty", "new_empty", "resize")
"""Functions that give memory as it was left: what stands there means nothing."""


class Finder(TorchDispatchMode):
    """Looks at every result from the iteration `start` on, until a loss or a gradient is lost."""

    def __init__(self, journal: Journal, places: Places, start: int) -> None:
        """Nothing is looked at yet."""
        super().__init__()
        self._journal = journal
        self._places = places
        self._start = start
        self._process = os.getpid()
        self._on = self._done = self._deaf = self._stepping = False
        self._iteration = 0
        self._modules: list[nn.Module] = []
        self._sources: dict[int, NonfiniteSource] = {}
        self._latest: NonfiniteSource | None = None
        self._unscaled: tuple[Any, Any] = (None, None)

    def install(self) -> None:
        """Hooks itself into torch, for the life of this process."""
        torch._dynamo.config.disable = True  # compiled code can't be looked into
        backward, build, scale = torch.autograd.backward, Optimizer.__init__, torch.amp.GradScaler.scale

        @functools.wraps(backward)
        def backward_(*args: Any, **kwargs: Any) -> None:
            self._backward(functools.partial(backward, *args, **kwargs), args[0] if args else kwargs.get("tensors"))

        @functools.wraps(build)
        def build_(optimizer: Optimizer, *args: Any, **kwargs: Any) -> None:
            build(optimizer, *args, **kwargs)
            self._begin()

        @functools.wraps(scale)
        def scale_(scaler: Any, outputs: Any) -> Any:
            scaled = scale(scaler, outputs)
            self._unscaled = (scaled, outputs)
            return scaled

        torch.autograd.backward = backward_
        Optimizer.__init__, torch.amp.GradScaler.scale = build_, scale_  # type: ignore[assignment]
        register_module_forward_pre_hook(self._entered)
        register_module_forward_hook(self._left, always_call=True)
        register_optimizer_step_pre_hook(self._step_begins)
        register_optimizer_step_post_hook(self._step_ended)

    def _begin(self) -> None:
        if not self._on and self._iteration >= self._start and os.getpid() == self._process:
            self._on = True
            stops = torch.is_anomaly_enabled() and torch.is_anomaly_check_nan_enabled()
            torch.set_anomaly_enabled(True, stops)  # noqa: FBT003  # so that nodes know who made them
            self.__enter__()

    def _entered(self, module: nn.Module, _: Any) -> None:
        self._begin()
        self._modules.append(module)

    def _left(self, module: nn.Module, _: Any, __: Any) -> None:
        # an exception may have skipped some
        if any(module is inner for inner in self._modules):
            while self._modules.pop() is not module:
                pass

    def _backward(self, run: Callable[[], None], losses: Any) -> None:
        scaled, unscaled = self._unscaled
        self._lose("loss", [unscaled if one is scaled else one for one in tree_leaves(losses)])
        try:
            run()
        except RuntimeError:  # as anomaly detection of the user's own ends the script
            if self._latest is not None and self._latest.phase == "backward":
                self._tell("backward", self._latest)
            raise
        finally:
            self._iteration += 1
            self._begin()

    def _step_begins(self, optimizer: Optimizer, *_: Any) -> None:
        self._stepping = True
        self._lose("gradient", [p.grad for group in optimizer.param_groups for p in group["params"]])

    def _step_ended(self, *_: Any) -> None:
        self._stepping = False

    def _lose(self, what: str, tensors: Iterable[Any]) -> None:
        """Tells where it comes from if one of these is not finite."""
        if not self._on or self._done or os.getpid() != self._process:
            return
        self._deaf = True
        lost = [values for values in map(_values, tensors) if values is not None and not _is_finite(values)]
        self._deaf = False
        source = next((source for values in lost if (source := self._sources.get(_key(values)))), None)
        if source is not None:
            self._tell(what, source)

    def _tell(self, what: str, source: NonfiniteSource) -> None:
        self._done = True
        self._journal.write(replace(source, lost=what))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the function as it would have been called, then looks at what it gave."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if not (self._deaf or self._done) and os.getpid() == self._process:
            self._deaf = True
            try:
                self._look(func, (args, kwargs), result)
            finally:
                self._deaf = False
        return result

    def _look(self, func: Any, given: tuple[Any, Any], result: Any) -> None:
        written = _written(func, given)
        made = {id(values): values for values in map(_values, (*tree_leaves(result), *written)) if values is not None}
        unfilled = func._schema.name.partition("::")[2].lstrip("_").startswith(_UNFILLED)
        bad = [values for values in made.values() if not unfilled and not _is_finite(values)]
        if bad:
            source = self._source(func, given, written, bad)
            for values in bad:
                self._sources[_key(values)] = source
        for values in made.values():
            # a finite part of a tensor (a view of it) says nothing of the rest
            whole = values.numel() * values.element_size() >= values.untyped_storage().nbytes()
            if self._sources and whole and not any(values is one for one in bad):
                self._sources.pop(_key(values), None)

    def _source(self, func: Any, given: tuple[Any, Any], written: list[Tensor], bad: list[Tensor]) -> NonfiniteSource:
        """Where these come from: from what the function was given, or from the function itself."""
        inputs = [values for one in tree_leaves(given) if (values := _values(one)) is not None]
        over = {_key(values) for values in map(_values, written) if values is not None}
        guilty = [v for v in inputs if (_key(v) in self._sources if _key(v) in over else not _is_finite(v))]
        known = next((source for v in guilty if (source := self._sources.get(_key(v)))), None)
        if known is not None and known.phase != "given":
            return known
        # infinities that nobody computed, as a mask's, are lawful; a NaN made of them is not
        new_nan = any(bool(v.isnan().any()) for v in bad) and not any(bool(v.isnan().any()) for v in guilty)
        if guilty and not new_nan:
            return known or self._made("given", func, inputs, bad)
        if not guilty and any(isinstance(one, float) and not math.isfinite(one) for one in tree_leaves(given)):
            return self._made("given", func, inputs, bad)
        source = self._made(self._phase(), func, inputs, bad)
        if not guilty and not func._schema.is_mutable:
            source = replace(source, from_finite=True, holds=_holds(func, given, bad[0].dtype))
        self._latest = replace(source, from_finite=not guilty)
        return self._latest

    def _phase(self) -> str:
        if torch._C._current_autograd_node() is not None:
            return "backward"
        if self._stepping:
            return "step"
        weighted = any(next(module.parameters(), None) is not None for module in self._modules)
        return "model" if weighted else "loss"

    def _made(self, phase: str, func: Any, inputs: list[Tensor], bad: list[Tensor]) -> NonfiniteSource:
        node = torch._C._current_autograd_node()
        sizes = [v.detach().abs() for v in inputs]
        largest = [float(size[size.isfinite()].max()) for size in sizes if bool(size.isfinite().any())]
        return NonfiniteSource(
            iteration=self._iteration,
            lost="",
            phase=phase,
            operation=_name(func) if node is None else _of_node(node),
            place=self._places.here() if node is None else self._line_of(node),
            layer=self._layer() if node is None else "",
            dtype=str(bad[0].dtype).removeprefix("torch."),
            from_finite=False,
            largest=finite(max(largest)) if largest else None,
            holds=None,
        )

    def _layer(self) -> str:
        """The innermost module that is at work, by its path in the outermost."""
        if not self._modules:
            return ""
        root, inner = self._modules[0], self._modules[-1]
        return next((name for name, module in root.named_modules() if module is inner), "")

    def _line_of(self, node: Any) -> Place | None:
        """The user's line that called the function whose gradient this node computes."""
        for frame in reversed(node.metadata.get("traceback_", ())):
            found = _FRAME.search(frame)
            if found and self._places.is_user(found["file"]):
                return self._places.at(found["file"], int(found["line"]))
        return self._places.here()


def _values(thing: Any) -> Tensor | None:
    """The plain values of a tensor of floats; None for all else."""
    if not isinstance(thing, Tensor) or not thing.is_floating_point():
        return None
    values = thing.detach()
    values = values._values() if values.layout == torch.sparse_coo else values
    return values if readable(values) else None


def _is_finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def _key(values: Tensor) -> int:
    return values.untyped_storage().data_ptr()


def _written(func: Any, given: tuple[Any, Any]) -> list[Tensor]:
    """The tensors among the arguments that the function writes to."""
    if not func._schema.is_mutable:
        return []
    args, kwargs = given
    named = zip(func._schema.arguments, args, strict=False)
    both = [*named, *((one, kwargs[one.name]) for one in func._schema.arguments if one.name in kwargs)]
    held = (value for one, value in both if one.alias_info is not None and one.alias_info.is_write)
    return [tensor for tensor in tree_leaves(list(held)) if isinstance(tensor, Tensor)]


def _holds(func: Any, given: tuple[Any, Any], dtype: torch.dtype) -> bool | None:
    """Whether the function gives finite values when it is computed with more precision."""
    more = _MORE.get(dtype)
    if more is None or torch.Tag.nondeterministic_seeded in func.tags:
        return None

    def refined(thing: Any) -> Any:
        if isinstance(thing, Tensor) and thing.is_floating_point():
            return thing.to(more)
        return more if isinstance(thing, torch.dtype) and thing.is_floating_point else thing

    args, kwargs = tree_map(refined, given)
    try:
        made = [values for one in tree_leaves(func(*args, **kwargs)) if (values := _values(one)) is not None]
    except (RuntimeError, TypeError, NotImplementedError):
        return None
    return bool(made) and all(map(_is_finite, made))


def _name(func: Any) -> str:
    return str(func._schema.name).partition("::")[2].strip("_")


def _of_node(node: Any) -> str:
    """`SqrtBackward0` computes the gradient of sqrt."""
    name = re.sub(r"Backward\d*$", "", node.name().rpartition("::")[2])
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
