"""Where the first NaN or infinity of a run came from, one operation, and the rerun that looks for it."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Place


@dataclass(frozen=True, slots=True)
class OperationsChecked:
    """The intervention that changes nothing: from the iteration `start` on every result is looked at."""

    start: int = 0


@dataclass(frozen=True, slots=True)
class FirstNonfinite:
    """The first iteration that lost its loss or gradient, and what else was lost; `uncounted`: no target counted."""

    iteration: int
    loss: bool
    gradient: bool
    inputs: bool
    targets: bool
    outputs: bool
    parameters: tuple[str, ...]
    uncounted: bool = False


@dataclass(frozen=True, slots=True)
class NonfiniteSource:
    """The operation behind the first loss, or gradient, that was not finite.

    `iteration` is when it was made, `lost` what it spoilt first (loss, gradient, backward), `phase` where: model, loss
    (outside of any module with weights), backward (of `operation`, which `place` called), step (of the optimizer), or
    given (nothing computed it: it came so). `from_finite`: all that it was given was finite, and `largest` was the
    largest of that, in size. `holds`: computed with more precision (float32 for half, else float64) it is finite; None
    where that can't be told.
    """

    iteration: int
    lost: str
    phase: str
    operation: str
    place: Place | None
    layer: str
    dtype: str
    from_finite: bool
    largest: float | None
    holds: bool | None
