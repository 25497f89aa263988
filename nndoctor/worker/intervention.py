"""What a rerun changes: applied at the tap's hooks, so that the user's own loop is the experiment."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from nndoctor.intervention import Intervention, LearningRateTimes


class Steered:
    """Multiplies the learning rates for the time of one step, so that schedulers and the user see their own."""

    def __init__(self, intervention: Intervention | None) -> None:
        """Anything but LearningRateTimes changes nothing here."""
        self.factor = intervention.factor if isinstance(intervention, LearningRateTimes) else 1.0
        self.steers = self.factor != 1.0
        self._own: list[tuple[dict[str, Any], Any]] = []

    def step_begins(self, optimizer: Optimizer) -> None:
        """Sets the changed rates."""
        if not self.steers:
            return
        for group in optimizer.param_groups:
            own = group["lr"]
            self._own.append((group, own))
            group["lr"] = own * self.factor if isinstance(own, Tensor) else float(own) * self.factor

    def step_ended(self) -> None:
        """Puts the user's rates back."""
        for group, own in self._own:
            group["lr"] = own
        self._own.clear()
