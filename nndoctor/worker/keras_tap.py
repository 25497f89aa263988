"""Keras on torch has optimizers of its own: this shows their steps to the watch as if they were torch's.

All else of Keras goes through torch: its models are modules, its losses call torch's, its data come from DataLoaders.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import weakref
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from torch import Tensor

from nndoctor.worker.watch import Watch

OPTIMIZERS = "keras.src.optimizers.base_optimizer"


def install(watch: Watch) -> None:
    """Waits for the script to import Keras; without it nothing is touched."""
    if OPTIMIZERS in sys.modules:
        _tap(sys.modules[OPTIMIZERS], watch)
    else:
        sys.meta_path.insert(0, _Arrival(lambda module: _tap(module, watch)))


class _Arrival(importlib.abc.MetaPathFinder):
    """Acts once, when the module has been imported."""

    def __init__(self, act: Callable[[ModuleType], None]) -> None:
        self._act = act

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != OPTIMIZERS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute, act = spec.loader.exec_module, self._act

        def exec_module(module: ModuleType) -> None:
            execute(module)
            act(module)

        spec.loader.exec_module = exec_module
        return spec


class AsTorch:
    """What the watch asks of an optimizer, answered by one of Keras."""

    def __init__(self, optimizer: Any) -> None:
        """Lives as long as the optimizer, and does not keep it alive."""
        self._own = weakref.ref(optimizer)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """One group; before the first step Keras does not know the parameters yet."""
        own = self._own()
        if own is None:
            return []
        held = [variable.value for variable in getattr(own, "_trainable_variables", None) or ()]
        rate = own._get_current_learning_rate()
        return [
            {
                "params": [value for value in held if isinstance(value, Tensor)],
                "lr": getattr(rate, "value", rate),
                "weight_decay": own.weight_decay,
                "momentum": getattr(own, "momentum", getattr(own, "beta_1", 0.0)),
            }
        ]


def _tap(module: ModuleType, watch: Watch) -> None:
    """Wraps the making of an optimizer, its step and its learning rate."""
    kind: Any = getattr(module, "BaseOptimizer", None)
    if not hasattr(kind, "_backend_apply_gradients") or not hasattr(kind, "_get_current_learning_rate"):
        return  # another Keras than 3.x as it is known
    build, apply, rate = kind.__init__, kind._backend_apply_gradients, kind._get_current_learning_rate
    shown: weakref.WeakKeyDictionary[Any, AsTorch] = weakref.WeakKeyDictionary()
    stepping = [False]

    def torch_view(optimizer: Any) -> Any:
        if optimizer not in shown:
            # named for the optimizer's own class: that is what the report says of it
            shown[optimizer] = type(type(optimizer).__name__, (AsTorch,), {})(optimizer)
        return shown[optimizer]

    @functools.wraps(build)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        build(self, *args, **kwargs)
        if watch.listening() and not watch.light:
            watch.steps.built(torch_view(self), watch.iteration)

    @functools.wraps(apply)
    def apply_gradients(self: Any, *args: Any, **kwargs: Any) -> Any:
        view = torch_view(self)
        watch.step_begins(view, (), {})
        stepping[0] = watch.listening()
        try:
            return apply(self, *args, **kwargs)
        finally:
            stepping[0] = False
            watch.step_ended(view, (), {})

    @functools.wraps(rate)
    def current_rate(self: Any) -> Any:
        own = rate(self)
        return own * watch.steered.factor if stepping[0] else own

    kind.__init__, kind._backend_apply_gradients, kind._get_current_learning_rate = (
        __init__,
        apply_gradients,
        current_rate,
    )
