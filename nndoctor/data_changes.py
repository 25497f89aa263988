"""Interventions on the samples and labels that a training is given, beside those in `intervention`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassesBalanced:
    """Each sample's error weighed by how rare its class has been so far. Needs cross-entropy, or yes against no."""


@dataclass(frozen=True, slots=True)
class PassesRepeated:
    """Each training pass over a DataLoader gone so many times; the rerun is watched closely, evaluations and all."""

    times: int = 3
