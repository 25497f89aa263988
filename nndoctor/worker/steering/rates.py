"""Settings of optimizers, changed for the time of one step: schedulers and the user see their own."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from nndoctor.worker.keras_tap import OPTIMIZERS, when_imported
from nndoctor.worker.steering.around import Around, Steering


class Settings(Steering):
    """Puts other values into the groups of an optimizer just before its step, and the user's back just after."""

    def __init__(self) -> None:
        """No group was changed yet."""
        super().__init__()
        self._own: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def install(self, around: Around) -> None:
        """Round every step."""
        around.steps(self._begins, self._ended)

    def values(self, group: dict[str, Any]) -> dict[str, Any]:
        """What is put in place of some of a group's settings."""
        raise NotImplementedError

    def _begins(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            if values := self.values(group):
                self.applied += 1
                self._own.append((group, {name: group[name] for name in values}))
                group.update(values)

    def _ended(self, _: Optimizer) -> None:
        for group, own in self._own:
            group.update(own)
        self._own.clear()


class Rates(Settings):
    """Multiplies the learning rates of all optimizers, those of Keras too."""

    needs = "no optimizer with a learning rate"

    def __init__(self, factor: float) -> None:
        """`factor` is for every rate."""
        super().__init__()
        self.factor = factor

    def install_for_life(self, around: Around) -> None:
        """Round every step of Keras's optimizers."""
        when_imported(OPTIMIZERS, functools.partial(self._keras, around))

    def values(self, group: dict[str, Any]) -> dict[str, Any]:
        """The rate; as a tensor where it is one."""
        own = group.get("lr")
        return {} if own is None else {"lr": (own if isinstance(own, Tensor) else float(own)) * self.factor}

    def _keras(self, around: Around, module: ModuleType) -> None:
        kind: Any = getattr(module, "BaseOptimizer", None)
        if not hasattr(kind, "_backend_apply_gradients") or not hasattr(kind, "_get_current_learning_rate"):
            return  # another Keras than 3.x as it is known
        stepping = [False]

        def apply_gradients(original: Any, *args: Any, **kwargs: Any) -> Any:
            self.applied += 1
            stepping[0] = True
            try:
                return original(*args, **kwargs)
            finally:
                stepping[0] = False

        own = kind._get_current_learning_rate

        @functools.wraps(own)
        def current_rate(self_: Any) -> Any:
            return own(self_) * self.factor if stepping[0] else own(self_)

        kind._backend_apply_gradients = around.wrapped(kind._backend_apply_gradients, apply_gradients)
        kind._get_current_learning_rate = current_rate


class RateRange(Settings):
    """Sweeps the rate of each group from low to high, by equal factors (L. Smith, Cyclical Learning Rates, 2017)."""

    needs = "no optimizer with a learning rate"

    def __init__(self, low: float, high: float, steps: int) -> None:
        """`steps` of an optimizer go from the lowest to the highest rate, which then stays."""
        super().__init__()
        self._low, self._high, self._steps = low, high, steps
        self._made: dict[int, int] = {}

    def values(self, group: dict[str, Any]) -> dict[str, Any]:
        """The rate of this step."""
        if group.get("lr") is None:
            return {}
        made = self._made[id(group)] = self._made.get(id(group), -1) + 1
        rate = self._low * (self._high / self._low) ** min(1.0, made / max(1, self._steps - 1))
        return {"lr": group["lr"] * 0 + rate if isinstance(group["lr"], Tensor) else rate}


class NoDecay(Settings):
    """Leaves weight decay out."""

    needs = "no optimizer with weight decay"

    def values(self, group: dict[str, Any]) -> dict[str, Any]:
        """Without it."""
        return {"weight_decay": 0.0} if group.get("weight_decay") else {}


class NoMomentum(Settings):
    """Leaves momentum out: that of SGD and RMSprop, and the first moment of Adam and its kin."""

    needs = "no optimizer with momentum"

    def values(self, group: dict[str, Any]) -> dict[str, Any]:
        """Without it."""
        if group.get("momentum"):
            return {"momentum": 0.0}
        betas = group.get("betas")
        return {"betas": (0.0, *betas[1:])} if betas and betas[0] else {}
