"""Interventions on what a loss is given and what becomes of it, beside those in `intervention`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaddingIgnored:
    """Padding of sequences left out of losses of classes, and batches of which nothing counts."""


@dataclass(frozen=True, slots=True)
class OutputUnbounded:
    """What the last function was given instead of what it made of it, to losses of numbers out of its range."""


@dataclass(frozen=True, slots=True)
class LossScaled:
    """The loss multiplied before it goes backward, and the gradients divided after: nothing but less underflow.

    Not where the script has a GradScaler of its own.
    """


@dataclass(frozen=True, slots=True)
class LossAveraged:
    """The gradient of each backward pass divided by so many passes: their mean, where the script adds them up.

    Not where the script divides them itself.
    """

    passes: float


@dataclass(frozen=True, slots=True)
class MathsGuarded:
    """Arguments of logarithms, roots, quotients and exponentials kept off the points without a finite answer."""


@dataclass(frozen=True, slots=True)
class MeanTaken:
    """The mean over the batch of losses of torch's that are a sum, or are not reduced."""


@dataclass(frozen=True, slots=True)
class LabelsFromZero:
    """Class labels that begin at the number `first` counted from 0, as the loss wants them; ignored ones stay."""

    first: int


@dataclass(frozen=True, slots=True)
class LossNegated:
    """What goes backward with the other sign, or an optimizer that maximises made to minimise."""


@dataclass(frozen=True, slots=True)
class LossFitted:
    """Cross-entropy for one class of several, the binary one for yes and no, where the script has another loss."""
