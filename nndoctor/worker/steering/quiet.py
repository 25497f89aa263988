"""Debugging aids that stay off."""

from __future__ import annotations

from typing import Any

import torch

from nndoctor.worker.steering.around import Around, Steering


class Unsuspicious(Steering):
    """Leaves torch's anomaly detection off."""

    needs = "no anomaly detection switched on"

    def install(self, around: Around) -> None:
        """Round the one function by which it is switched."""
        torch.set_anomaly_enabled = around.wrapped(torch.set_anomaly_enabled, self._switched)

    def _switched(self, switch: Any, mode: bool, check_nan: bool = True) -> None:  # noqa: FBT001, FBT002  # as it is
        self.applied += bool(mode)
        switch(False, check_nan)  # noqa: FBT003
