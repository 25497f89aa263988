"""At what pace the scheduler of the main training goes, and which would suit the run. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Place
from nndoctor.curve import main_curve
from nndoctor.trace import Trace

LOST = 0.01
"""A rate below this share of its highest brings next to nothing."""
FASTER = 10.0
"""At so many times its pace a warm-up that is longer than the run shows what it leads to."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`often`: scheduler steps to a step of the optimizer; `collapsed_at`: from which share of the run on the rate
    stayed below a hundredth of its highest, at iteration `since`, 1 if it never did; `end`: the last over the highest.
    `climbed`: the last rate is the highest, and far above the first.
    """

    often: float
    collapsed_at: float
    since: int | None
    end: float
    place: Place | None
    climbed: bool = False

    @property
    def interval(self) -> float:
        """Optimizer steps to a scheduler step that suit: spread out, a schedule ends where it had ended too early."""
        if self.climbed and self.often > 0.5:
            return 1 / FASTER
        if self.since is None:
            return 1.0
        return max(1.0, round(1 / (self.often * max(self.collapsed_at, 1e-3))))


def pace(trace: Trace) -> Pace | None:
    """None where no scheduler of the main training was seen to step, or no rate."""
    curve = main_curve(trace)
    total = trace.totals.get(curve.optimizer) if curve is not None else None
    if curve is None or total is None or not total.scheduled or not trace.schedulers:
        return None
    known = [
        (row.index, row.learning_rate)
        for row in trace.iterations
        if row.optimizer == curve.optimizer and row.learning_rate is not None
    ]
    highest = max((rate for _, rate in known), default=0.0)
    if not highest:
        return None
    low = len(known)
    while low and known[low - 1][1] < LOST * highest:
        low -= 1
    since = known[low][0] if low < len(known) else None
    return Pace(
        often=total.scheduled / max(1, total.steps),
        collapsed_at=1.0 if since is None else (since - curve.steps[0]) / curve.span,
        since=since,
        end=known[-1][1] / highest,
        place=trace.schedulers[0].place,
        climbed=known[-1][1] == highest and known[0][1] < highest / 2,
    )
