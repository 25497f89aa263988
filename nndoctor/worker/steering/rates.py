"""Learning rates, changed for the time of one step: schedulers and the user see their own."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from nndoctor.worker.keras_tap import OPTIMIZERS, when_imported
from nndoctor.worker.steering.around import Around, Steering


class Rates(Steering):
    """Multiplies the learning rates of all optimizers, those of Keras too."""

    needs = "no optimizer with a learning rate"

    def __init__(self, factor: float) -> None:
        """`factor` is for every rate."""
        super().__init__()
        self.factor = factor
        self._own: list[tuple[dict[str, Any], Any]] = []

    def install(self, around: Around) -> None:
        """Round every step."""
        around.steps(self._begins, self._ended)
        when_imported(OPTIMIZERS, functools.partial(self._keras, around))

    def _begins(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            if (own := group.get("lr")) is not None:
                self.applied += 1
                self._own.append((group, own))
                group["lr"] = own * self.factor if isinstance(own, Tensor) else float(own) * self.factor

    def _ended(self, _: Optimizer) -> None:
        for group, own in self._own:
            group["lr"] = own
        self._own.clear()

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
