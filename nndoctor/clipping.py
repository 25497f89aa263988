"""What the tap saw of the lines that clip gradients, and the rerun that clips otherwise. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nndoctor.case import Place

FEWEST = 10
"""Shares of fewer calls say nothing."""
MOSTLY = 0.9


@dataclass(frozen=True, slots=True)
class ClippingReplaced:
    """The script's own clipping by torch's functions left out; the norm cut to `norm` before each step instead."""

    norm: float


@dataclass(frozen=True, slots=True)
class ClippingSeen:
    """One line that clips gradients with torch's function; a later record of the same number replaces an earlier one.

    `limit`: the largest norm, or the largest value, that it lets through. `optimizer` holds what it clips, -1 if none
    does. Of the `calls` that were attended to, `idle` had no backward pass since the optimizer's last step, `strange`
    clipped nothing that any optimizer holds, `scaled` came before the GradScaler's unscaling, and `above` met a norm
    above the limit. `norm` and `high_norm`: median and ninth decile of the norms met, None for a limit of values.
    """

    number: int
    kind: Literal["norm", "value"]
    place: Place | None
    limit: float | None
    optimizer: int = -1
    calls: int = 0
    idle: int = 0
    strange: int = 0
    scaled: int = 0
    above: int = 0
    norm: float | None = None
    high_norm: float | None = None

    @property
    def lost_share(self) -> float:
        """The share of the calls that cut nothing of what a step then uses, or the wrong multiple of it."""
        return max(self.idle, self.strange, self.scaled) / self.calls

    @property
    def fitting_norm(self) -> float:
        """A limit that fits: the ninth decile of the norms where it cuts nearly all of them, else the script's own.

        V. Godbole et al., Deep Learning Tuning Playbook, 2023, propose the ninth decile. For a limit of values a norm
        of 1, or that limit.
        """
        own = self.limit or 0.0
        if self.kind == "value":
            return max(1.0, own)
        tight = self.above >= MOSTLY * self.calls and self.lost_share < MOSTLY
        return max(own, self.high_norm or own) if tight else own


def worst_of(lines: Iterable[ClippingSeen]) -> ClippingSeen | None:
    """Of several lines the one that clips least of what it should; of equals the one that meets the largest norms."""
    known = [line for line in lines if line.calls >= FEWEST and line.limit]
    return max(known, key=lambda line: (line.lost_share, (line.norm or 0.0) / (line.limit or 1.0)), default=None)
