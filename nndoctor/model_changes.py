"""Interventions on what a model is made of, beside those in `intervention`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayersSeparated:
    """A layer that stands several times in one list, or sequence, of a model made as many layers, started anew."""


@dataclass(frozen=True, slots=True)
class NormalisedBySample:
    """Group normalisation in the place of batch normalisation; the rerun is watched closely, evaluations and all."""


@dataclass(frozen=True, slots=True)
class StatisticsRenewed:
    """Running statistics of batch norm collected with torch's own momentum, and of passes with gradients only."""


@dataclass(frozen=True, slots=True)
class OperandsCast:
    """What meets weights, or another tensor in a product, brought to their type and device."""


@dataclass(frozen=True, slots=True)
class ActivationsInserted:
    """A ReLU in front of each linear or convolutional layer but the first."""


@dataclass(frozen=True, slots=True)
class GradientsDerived:
    """Autograd's own gradient in the place of a hand-written backward, where torch can derive the forward."""
