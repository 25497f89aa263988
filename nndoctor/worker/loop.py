"""A plain training loop of our own, for patients that are given in parts: model, loss function, optimizer, loader."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

PASSES = 2
ENOUGH = 200
"""A short loader is gone through more often than twice, until so many batches were seen."""

MOST = 2000
"""A long one is left after so many."""

WITHOUT_STEPS = 4
"""Batches to look at where nothing learns: many more would look like a training whose step was forgotten."""


class Unfit(Exception):
    """The parts don't go together; the text says which, and what would."""


@dataclass(frozen=True, slots=True)
class Training:
    """A training in parts; `loss` takes output and target, and is None where the model's own output is the loss."""

    model: nn.Module
    loss: Any
    optimizer: torch.optim.Optimizer | None
    loader: Any

    def __post_init__(self) -> None:
        """Raises Unfit for parts that are none."""
        if not isinstance(self.model, nn.Module):
            raise Unfit(f"the model is to be a torch.nn.Module, not {_kind(self.model)}")
        if self.loss is not None and not callable(self.loss):
            raise Unfit(f"the loss function is to be a callable or None, not {_kind(self.loss)}")
        if self.optimizer is not None and not isinstance(self.optimizer, torch.optim.Optimizer):
            raise Unfit(f"the optimizer is to be a torch.optim.Optimizer or None, not {_kind(self.optimizer)}")
        if not hasattr(self.loader, "__iter__"):
            raise Unfit(f"the loader is to be an iterable of batches, not {_kind(self.loader)}")


def train(training: Training, seconds: float, most: int | None = None) -> None:
    """Trains as a textbook would, on the model's device, until enough (or `most` batches) was seen, or time is up."""
    model, optimizer = training.model, training.optimizer
    if not model.training:
        model.train()
    deadline = time.monotonic() + seconds
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    for number, batch in enumerate(_batches(training.loader)):
        fed = _Fed.of(training, _moved(batch, device))
        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(_closure(training, fed))
            loss = None
        else:
            (optimizer or model).zero_grad()
            loss = _loss(training, fed)
            if loss is not None:
                loss.backward()
        if optimizer is not None and loss is not None:
            optimizer.step()
        looked_at = number + 1 >= WITHOUT_STEPS and (optimizer is None or _tells_no_loss(training, loss))
        if looked_at or number + 1 == most or time.monotonic() > deadline:
            return


def _batches(loader: Any) -> Iterator[Any]:
    count = gone_through = 0
    while gone_through < PASSES or count < ENOUGH:
        before = count
        for batch in loader:
            yield batch
            count += 1
            if count >= MOST:
                return
        gone_through += 1
        if count == before:
            if not count:
                raise Unfit("the loader gave no batch")
            return  # an iterator, used up


def _tells_no_loss(training: Training, loss: Tensor | None) -> bool:
    return loss is None and not isinstance(training.optimizer, torch.optim.LBFGS)


@dataclass(frozen=True, slots=True)
class _Fed:
    """A batch as the model and the loss take it."""

    inputs: tuple[Any, ...]
    named: Mapping[str, Any]
    targets: tuple[Any, ...]

    @classmethod
    def of(cls, training: Training, batch: Any) -> _Fed:
        """Takes (x, y) and (x1, x2, y) apart by order, dicts by the names of the model's forward."""
        if isinstance(batch, Mapping):
            return _by_name(training, batch)
        parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
        if training.loss is None:
            return cls(parts[: _most_taken(training.model)], {}, ())
        if len(parts) == 1:
            # an autoencoder's target is its input
            return cls(parts, {}, parts if _takes_two(training.loss) else ())
        if len(parts) == 2 and isinstance(parts[0], Mapping):
            return cls((), parts[0], parts[1:])
        return cls(parts[:-1], {}, parts[-1:])


def _most_taken(model: nn.Module) -> int | None:
    """How many inputs a model takes by order; None if there is no limit."""
    kinds = [parameter.kind for parameter in inspect.signature(model.forward).parameters.values()]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return None if inspect.Parameter.VAR_POSITIONAL in kinds else sum(kind in positional for kind in kinds)


def _by_name(training: Training, batch: Mapping[str, Any]) -> _Fed:
    parameters = inspect.signature(training.model.forward).parameters.values()
    any_name = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    wanted = {parameter.name for parameter in parameters}
    named = {name: value for name, value in batch.items() if any_name or name in wanted}
    needed = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    if missing := [name for name in needed if name not in named]:
        raise Unfit(f"forward() wants {', '.join(missing)}; the batch has only {', '.join(map(str, batch))}")
    if training.loss is None:
        return _Fed((), named, ())
    left = [value for name, value in batch.items() if name not in named]
    if len(left) == 1 or (not left and not _takes_two(training.loss)):
        return _Fed((), named, tuple(left))
    which = f"{len(left)} of its keys are left over" if left else "forward() takes every key"
    raise Unfit(f"it can't be told which key of the batch is the target ({which} of {', '.join(map(str, batch))})")


def _takes_two(loss: Any) -> bool:
    called = loss.forward if isinstance(loss, nn.Module) else loss
    try:
        inspect.signature(called).bind(None, None)
    except TypeError:
        return False
    except ValueError:
        pass  # a builtin keeps its signature to itself
    return True


def _loss(training: Training, fed: _Fed) -> Tensor | None:
    """The loss of a batch; None where neither a loss function nor the model gives one."""
    output = training.model(*fed.inputs, **fed.named)
    if training.loss is not None:
        loss: Tensor = training.loss(output, *fed.targets)
        return loss
    own = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", output)
    return own if isinstance(own, Tensor) and own.numel() == 1 and own.requires_grad else None


def _closure(training: Training, fed: _Fed) -> Any:
    def closure() -> Tensor | None:
        training.model.zero_grad()
        loss = _loss(training, fed)
        if loss is None:
            raise Unfit("LBFGS needs a loss function")
        loss.backward()
        return loss

    return closure


def _moved(batch: Any, device: torch.device) -> Any:
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: _moved(value, device) for name, value in batch.items()}
    if isinstance(batch, tuple | list):
        return tuple(_moved(value, device) for value in batch)
    return batch


def _kind(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
