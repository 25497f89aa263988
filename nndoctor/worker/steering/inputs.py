"""What the models are given instead of the script's own inputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering


class Standardising(Steering):
    """Brings floating inputs to mean 0 and spread 1 by channel or feature, by what was seen of them so far.

    A table has its features on axis 1, an image its channels; a sequence its features on the last axis, unless a
    convolution reads it. Tensors that another model made are left alone.
    """

    needs = "no table of measurements that a model was given"

    def __init__(self) -> None:
        """No input was seen yet."""
        super().__init__()
        self._seen: dict[tuple[int, str], Moments] = {}

    def install(self, around: Around) -> None:
        """Round the outermost calls of models."""
        around.models(self._called)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        args, kwargs = self.inputs(module, args, kwargs)
        return call(module, *args, **kwargs)

    @torch.no_grad()
    def inputs(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """The same arguments, every floating tensor among them standardised."""
        changed = {key: self._standardised(module, str(key), value) for key, value in enumerate(args)}
        named = {key: self._standardised(module, key, value) for key, value in kwargs.items()}
        return tuple(changed.values()), named

    def _standardised(self, module: nn.Module, place: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)(self._standardised(module, f"{place}.{n}", part) for n, part in enumerate(value))
        if isinstance(value, dict) and type(value) is dict:
            return {key: self._standardised(module, f"{place}.{key}", part) for key, part in value.items()}
        if not isinstance(value, Tensor) or not value.is_floating_point() or value.dim() < 2 or value.requires_grad:
            return value
        self.applied += 1
        axis = value.dim() - 1 if value.dim() == 3 and not _convolves(module) else 1
        moments = self._seen.setdefault((id(module), place), Moments())
        if module.training or not moments.count:
            moments.take(value.detach().movedim(axis, -1).reshape(-1, value.shape[axis]))
        shape = [1] * value.dim()
        shape[axis] = -1
        mean, std = moments.mean.to(value.dtype).view(shape), moments.std().to(value.dtype).view(shape)
        return (value - mean) / std


class Moments:
    """Mean and spread by column of all rows seen so far (Chan et al., 1983, for adding a batch of rows)."""

    def __init__(self) -> None:
        """No row was seen yet."""
        self.count = 0
        self.mean = self._squares = torch.zeros(1)

    def take(self, rows: Tensor) -> None:
        """More rows."""
        rows = rows.double()
        mean, n = rows.mean(0), rows.shape[0]
        squares = (rows - mean).square().sum(0)
        if not self.count:
            self.mean, self._squares, self.count = mean, squares, n
            return
        apart, total = mean - self.mean, self.count + n
        self.mean = self.mean + apart * n / total
        self._squares = self._squares + squares + apart.square() * self.count * n / total
        self.count = total

    def std(self) -> Tensor:
        """The spread, 1 for a column that never changed."""
        spread = (self._squares / self.count).sqrt()
        # a column that never changes is 0 once its mean is gone
        return torch.where(spread > 0, spread, torch.ones_like(spread))


def _convolves(module: nn.Module) -> bool:
    first = next((part for part in module.modules() if next(part.parameters(recurse=False), None) is not None), None)
    return isinstance(first, nn.Conv1d)


class Filling(Steering):
    """Puts the mean of the finite values of its column, as far as seen, in the place of each that is not finite.

    A lone axis is one column; targets of losses are treated like inputs.
    """

    needs = "no input or target that is not finite"

    def __init__(self) -> None:
        """No value was seen yet."""
        super().__init__()
        self._seen: dict[tuple[str, int], tuple[Tensor, Tensor]] = {}

    def install(self, around: Around) -> None:
        """Round the outermost calls of models, and losses."""
        around.models(self._called)
        around.losses(FUNCTIONS, self._lost)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        place = type(module).__name__
        args = tuple(self._filled(f"{place}.{n}", one) for n, one in enumerate(args))
        kwargs = {name: self._filled(f"{place}.{name}", one) for name, one in kwargs.items()}
        return call(module, *args, **kwargs)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        if given is None or "target" not in given.arguments:
            return loss(*args, **kwargs)
        given.arguments["target"] = self._filled(name, given.arguments["target"])
        return loss(*given.args, **given.kwargs)

    @torch.no_grad()
    def _filled(self, place: str, value: Any) -> Any:
        if isinstance(value, list | tuple) and type(value) in (list, tuple):
            return type(value)(self._filled(f"{place}.{n}", part) for n, part in enumerate(value))
        if not isinstance(value, Tensor) or not value.is_floating_point() or not value.dim() or value.requires_grad:
            return value
        columns = value.shape[-1] if value.dim() > 1 else 1
        rows = value.reshape(-1, columns).double()
        sound = torch.isfinite(rows)
        zero = torch.zeros(columns, dtype=rows.dtype, device=rows.device)
        total, count = self._seen.get((place, columns), (zero, zero))
        total, count = total + torch.where(sound, rows, 0.0).sum(0), count + sound.sum(0)
        self._seen[place, columns] = total, count
        if bool(sound.all()):
            return value
        self.applied += 1
        means = (total / count.clamp_min(1.0)).expand_as(rows)
        return torch.where(sound, rows, means).to(value.dtype).reshape(value.shape)
