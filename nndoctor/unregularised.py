"""Interventions that take regularisation away, beside those in `intervention`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RegularisationOff:
    """No unit dropped, or weight decay 0 in every optimizer; the rerun is watched closely, evaluations and all."""

    of: Literal["dropout", "weight_decay"]


@dataclass(frozen=True, slots=True)
class EvaluatedWithoutDropout:
    """No unit dropped by torch's functions in calls of models in evaluation mode."""
