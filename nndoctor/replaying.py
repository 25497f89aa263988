"""The rerun that does one training step again in its own process, on copies, and what it is asked to do with it.

A probe's experiment is a function of its own module: the run's process inherits it, and calls it with the `Step` (see
`replica`). What it does there leaves the run as it was, to the bit. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StepReplayed:
    """The intervention that changes nothing: before the backward pass `at` that experiment is given the step.

    What it gives back is found in the rerun's `steered.measured`.
    """

    experiment: Callable[..., Mapping[str, float]]
    at: int = 0
