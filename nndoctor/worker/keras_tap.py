"""Keras on torch has optimizers of its own, and some losses: this shows them to the watch as if they were torch's.

All else of Keras goes through torch: its models are modules, its other losses call torch's, its data come from
DataLoaders.
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

import torch
from torch import Tensor

from nndoctor.worker.watch import Watch

OPTIMIZERS = "keras.src.optimizers.base_optimizer"
LOSSES = "keras.src.losses.losses"
AS_IN_TORCH = {"mean_squared_error": "mse_loss", "mean_absolute_error": "l1_loss", "huber": "huber_loss"}
"""Losses that Keras computes itself, and what torch calls them."""
REDUCTIONS = {"sum_over_batch_size": "mean", "mean": "mean", "sum": "sum"}


def install(watch: Watch) -> None:
    """Waits for the script to import Keras; without it nothing is touched."""
    for name, tap in ((OPTIMIZERS, _tap_optimizers), (LOSSES, _tap_losses)):
        when_imported(name, functools.partial(tap, watch=watch))


def when_imported(name: str, act: Callable[[ModuleType], None]) -> None:
    """Acts on the module once it has been imported: what was asked for first acts first."""
    if name in sys.modules:
        act(sys.modules[name])
    else:
        sys.meta_path.insert(0, _Arrival(name, act))


class _Arrival(importlib.abc.MetaPathFinder):
    """Acts once, when the module has been imported."""

    def __init__(self, name: str, act: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._act = act

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
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


def _tap_losses(module: ModuleType, watch: Watch) -> None:
    """Wraps the call of a loss: not its function, which the metrics call too."""
    kind: Any = getattr(module, "LossFunctionWrapper", None)
    same_rank: Any = getattr(module, "squeeze_or_expand_to_same_rank", None)
    if kind is None or same_rank is None:
        return  # another Keras than 3.x as it is known
    call = kind.__call__

    @functools.wraps(call)
    def __call__(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:  # noqa: N807
        value = call(self, y_true, y_pred, sample_weight)
        name, reduction = AS_IN_TORCH.get(getattr(self.fn, "__name__", "")), REDUCTIONS.get(self.reduction)
        # weights and masks make another loss of it
        plain = sample_weight is None and getattr(y_pred, "_keras_mask", None) is None
        tensors = all(isinstance(one, Tensor) for one in (value, y_true, y_pred))
        if name and reduction and plain and tensors and not torch.compiler.is_compiling() and watch.cares_for(value):
            target, output = same_rank(y_true, y_pred)
            watch.loss_called(name, (output, target), {"reduction": reduction}, value)
        return value

    kind.__call__ = __call__


def _tap_optimizers(module: ModuleType, watch: Watch) -> None:
    """Wraps the making of an optimizer, and its step."""
    kind: Any = getattr(module, "BaseOptimizer", None)
    if not hasattr(kind, "_backend_apply_gradients") or not hasattr(kind, "_get_current_learning_rate"):
        return  # another Keras than 3.x as it is known
    build, apply = kind.__init__, kind._backend_apply_gradients
    shown: weakref.WeakKeyDictionary[Any, AsTorch] = weakref.WeakKeyDictionary()

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
        try:
            return apply(self, *args, **kwargs)
        finally:
            watch.step_ended(view, (), {})

    kind.__init__, kind._backend_apply_gradients = __init__, apply_gradients
