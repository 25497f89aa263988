"""Learning rate schedulers that were seen, and reruns of another pace or length. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Place


@dataclass(frozen=True, slots=True)
class SchedulerSeen:
    """A learning rate scheduler and where it was built."""

    kind: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class SchedulerStepped:
    """Schedulers stepped after every so many steps of their optimizer, and not where the script does it."""

    every: float


@dataclass(frozen=True, slots=True)
class LearningRateRange:
    """Every learning rate swept from `low` to `high` by equal factors, over so many steps."""

    low: float
    high: float
    steps: int = 100


@dataclass(frozen=True, slots=True)
class StoppedAfter:
    """The training ended after so many backward passes, with what the script does before the next one."""

    iteration: int
