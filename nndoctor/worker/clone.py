"""A training's double, to be examined in its stead: own weights, own optimizer state, and no hook of the user's."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from nndoctor.worker.loop import Training, Unfit

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def cloned(training: Training) -> Training:
    """Model, loss and optimizer as deep copies that belong together; the loader shares its data.

    Raises Unfit where the model can't be copied: examining it itself would change it.
    """
    memo: dict[int, Any] = {}
    model = copy_of(training.model, memo)
    loss, optimizer = training.loss, training.optimizer
    if isinstance(loss, nn.Module) or getattr(loss, "__self__", None) is training.model:
        loss = copy.deepcopy(loss, memo)
    if optimizer is not None:
        optimizer = copy.deepcopy(optimizer, memo)
    return replace(training, model=model, loss=loss, optimizer=optimizer, loader=_Copies(training.loader))


def copy_of(model: nn.Module, memo: dict[int, Any]) -> nn.Module:
    """A deep copy without hooks of the user's; `memo` as copy.deepcopy has it. Raises Unfit where there is none."""
    for tensor in _computed(model):
        # copy.deepcopy refuses what autograd has made, as the weight of an old weight_norm, or a cached activation
        memo[id(tensor)] = tensor.detach().clone()
    copied = _copied(model, memo)
    _drop_hooks(copied)
    return copied


def optimizer_of(model: nn.Module, optimizers: Iterable[Optimizer], memo: dict[int, Any]) -> Optimizer:
    """The optimizer that trains that model, as a copy for the copy that `copy_of` made with this `memo`.

    Hooks are left behind, and the `step` that a scheduler has put on it: that would step the one it was put on.
    Raises Unfit where there is none, or it hands its steps on to others.
    """
    own = {id(parameter) for parameter in model.parameters()}
    holds = {
        optimizer: sum(id(parameter) in own for group in optimizer.param_groups for parameter in group["params"])
        for optimizer in optimizers
    }
    most = max(holds, key=lambda optimizer: holds[optimizer], default=None)
    if most is None or not holds[most]:
        raise Unfit("no optimizer was seen that holds the model's weights")
    if any(isinstance(value, Optimizer) for value in vars(most).values()):
        raise Unfit("the optimizer is made of others")
    copied = copy.deepcopy(most, memo)
    for name in vars(most).keys() - vars(copied).keys() - {"step", "zero_grad"}:
        setattr(copied, name, copy.deepcopy(vars(most)[name], memo))  # what torch's own pickling leaves out
    for name in [name for name in vars(copied) if name.endswith("_hooks")]:
        setattr(copied, name, OrderedDict())
    return copied


@dataclass(frozen=True, slots=True)
class _Copies:
    """Each batch as a copy, for a model may write into its input; a DataLoader has workers of its own."""

    loader: Any

    def __iter__(self) -> Iterator[Any]:
        loader = self.loader
        if isinstance(loader, DataLoader):
            loader = copy.copy(loader)
            loader._iterator = None  # the one that persistent workers serve
        return map(_copy_of, loader)


def _copy_of(batch: Any) -> Any:
    if isinstance(batch, Tensor):
        return batch.detach().clone().requires_grad_(batch.requires_grad)
    if isinstance(batch, Mapping):
        return {name: _copy_of(value) for name, value in batch.items()}
    if isinstance(batch, tuple | list):
        return tuple(map(_copy_of, batch))
    return batch


def _computed(model: nn.Module) -> Iterator[Tensor]:
    for module in model.modules():
        for value in vars(module).values():
            for item in value if isinstance(value, tuple | list) else (value,):
                if isinstance(item, Tensor) and item.grad_fn is not None:
                    yield item


def _copied(model: nn.Module, memo: dict[int, Any]) -> nn.Module:
    start = dict(memo)
    try:
        return copy.deepcopy(model, memo)
    except Exception:  # noqa: BLE001  # permitted: what a stranger's attribute raises when it is copied can't be known
        memo.clear()
        memo.update(start)
    for module in model.modules():
        for name, value in vars(module).items():
            if name not in ("_parameters", "_buffers", "_modules") and not _copies(value, memo):
                memo[id(value)] = value  # a lock, an open file: shared
    try:
        return copy.deepcopy(model, memo)
    except Exception as refused:
        raise Unfit(f"the model can't be copied ({type(refused).__name__}: {refused})") from refused


def _copies(value: object, memo: dict[int, Any]) -> bool:
    try:
        copy.deepcopy(value, dict(memo))
    except Exception:  # noqa: BLE001  # permitted: as above
        return False
    return True


def _drop_hooks(model: nn.Module) -> None:
    """Hooks of the user's write to lists and logs of theirs; those of torch make weights."""
    for module in model.modules():
        for kind in _HOOKS:
            hooks = getattr(module, kind)
            for key, hook in list(hooks.items()):
                if not str(getattr(hook, "__module__", "")).startswith("torch."):
                    del hooks[key]
