"""Whether what is trained had learnt before: then small steps and a loss that hardly falls are no illness.

Standard library only.
"""

from __future__ import annotations

import math

from nndoctor.curve import Curve, Level
from nndoctor.trace import Trace

LOADED = 0.5
"""With more of the weights loaded than this, the network is no untrained one."""
KNOWS = 0.9
"""Of the loss of the best prediction that ignores the input: an untrained network begins at it or above."""


def trained_before(trace: Trace, curve: Curve) -> bool:
    """By a file, a copy, another process, or an earlier optimizer of this run."""
    parameters = [
        (f"{model.model}:{p.name}", math.prod(p.shape), p.loaded)
        for model in trace.models.values()
        for p in model.parameters
    ]
    held = {number: {n for g in seen.groups for n in g.parameters} for number, seen in trace.optimizers.items()}
    own = held.get(curve.optimizer) or {name for name, _, _ in parameters}
    earlier = {
        row.optimizer for row in trace.iterations if row.index < curve.steps[0] and row.optimizer != curve.optimizer
    }
    if any(not own.isdisjoint(held.get(number, ())) for number in earlier):
        return True
    sizes = [(size, loaded) for name, size, loaded in parameters if name in own]
    return sum(size for size, loaded in sizes if loaded) > LOADED * sum(size for size, _ in sizes)


def stays_learnt(trace: Trace, curve: Curve, levels: tuple[Level, Level], blind: float | None) -> bool:
    """Whether it was trained before, and begins and ends far better than blind: how far it falls says nothing."""
    knows = blind is not None and blind > 0 and max(one.value for one in levels) < KNOWS * blind
    return knows and trained_before(trace, curve)
