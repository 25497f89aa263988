"""The rerun in which learning rate schedulers go another pace. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SchedulerStepped:
    """Schedulers stepped after every so many steps of their optimizer, and not where the script does it."""

    every: float
