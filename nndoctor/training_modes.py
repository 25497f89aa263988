"""In which mode a model was trained, and whether eval mode was meant."""

from __future__ import annotations

from collections.abc import Sequence

from nndoctor.seen import ModelSeen
from nndoctor.trace import Pass, Trace


def eval_share(trace: Trace, stretches: Sequence[Pass]) -> float:
    """Of the iterations with an optimizer step, those whose training calls were all made in eval mode.

    A rehearsal is cut off while a later epoch goes on, so that its first epoch weighs more than in the whole training:
    there the share is of the steps from the first such stretch on.
    """
    starts = [one.iteration for one in stretches[1:]] + [1 << 62]
    trained: list[tuple[int, int]] = []
    evaluating: list[tuple[int, int]] = []
    for one, following in zip(stretches, starts, strict=True):
        (evaluating if in_eval(one) else trained).append((one.iteration, max(following - 1, one.iteration)))
    steps = [row.index for row in trace.iterations if row.optimizer >= 0] or [row.index for row in trace.iterations]
    if trace.rehearsed and evaluating:
        steps = [step for step in steps if step >= evaluating[0][0]]
    lost = sum(_within(step, evaluating) and not _within(step, trained) for step in steps)
    return lost / len(steps) if steps else 0.0


def _within(step: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(first <= step <= last for first, last in spans)


def in_eval(one: Pass) -> bool:
    """Whether the whole model was in eval mode in these calls."""
    return not one.training and one.active == 0


def eval_by_oversight(trace: Trace, stretches: Sequence[Pass], first: Pass, seen: ModelSeen | None) -> bool | None:
    """Whether eval mode came over the training by oversight; None where it may well be meant."""
    if not in_eval(stretches[0]):
        return True
    if share_of_parameters(seen, "trainable") <= 0.5:
        return False
    if share_of_parameters(seen, "loaded") > 0.5:
        return None
    looked = any(p.evaluating and p.model == first.model and p.iteration <= first.iteration for p in trace.passes)
    kinds = [module.kind for module in seen.modules] if seen is not None else []
    return True if looked or any(kind.startswith(("BatchNorm", "SyncBatchNorm")) for kind in kinds) else None


def share_of_parameters(seen: ModelSeen | None, quantity: str) -> float:
    """The share of a model's numbers that are `trainable` or `loaded`."""
    sizes = [(_size(p.shape), bool(getattr(p, quantity))) for p in seen.parameters] if seen is not None else []
    return sum(size for size, holds in sizes if holds) / max(1, sum(size for size, _ in sizes))


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def running_norms(seen: ModelSeen | None) -> list[str]:
    """The batch-norm layers of a model that evaluate with running statistics, by name."""
    return [
        module.name
        for module in (seen.modules if seen is not None else ())
        if module.kind.startswith(("BatchNorm", "SyncBatchNorm")) and module.settings.get("track_running_stats", 1.0)
    ]
