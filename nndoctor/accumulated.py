"""How many backward passes are gathered for one step, and whether each was divided by their number.

Standard library only.
"""

from __future__ import annotations

import re
from statistics import median

from nndoctor.curve import Curve, loss_calls
from nndoctor.trace import StepTotals, Trace

ANOTHER = 0.1
"""With a larger share of backward passes from other lines, the gradients added up are terms of one loss."""


def calls_by_step(total: StepTotals) -> list[str]:
    """The first calls of an optimizer's book, parted after each step."""
    return re.findall(r"[^S]*S", total.tokens)


def passes_per_step(trace: Trace, curve: Curve) -> int | None:
    """Passes of one line between the last cleaning, or step, and a step: 1 where nothing is gathered.

    None where no step was seen.
    """
    total = trace.totals.get(curve.optimizer)
    if total is None or not total.steps:
        return None
    gathered = [calls.rpartition("Z")[2].count("B") for calls in calls_by_step(total)]
    return max(1, round(median(gathered))) if gathered and _from_one_line(trace, curve) else 1


def _from_one_line(trace: Trace, curve: Curve) -> bool:
    within = range(curve.steps[0], curve.steps[-1])
    others = sum(
        row.curve != curve.site and row.optimizer in (curve.optimizer, -1) and row.index in within
        for row in trace.iterations
    )
    return others <= ANOTHER * len(curve.steps)


def goes_backward_whole(trace: Trace, curve: Curve) -> bool | None:
    """Whether the loss that goes backward is what the loss function gave; None where it is of several terms, or own."""
    if loss_calls(trace, curve):
        return True
    losses = dict(zip(curve.steps, curve.losses, strict=True))
    parts = [
        losses[call.iteration] / call.value  # type: ignore[operator]  # neither is None
        for call in trace.losses
        if not call.evaluating and call.value and losses.get(call.iteration) is not None
    ]
    return False if parts and median(parts) < 1 and max(parts) - min(parts) < 1e-3 * max(parts) else None
