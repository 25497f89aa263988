"""Interventions on what models, losses and metrics are given: the order of axes, the scale. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Fault = Literal["none", "channels_last", "reshaped", "samples_as_steps", "scrambled"]
"""How axes may have come into a wrong order, as `probes/axis_order.py` tells it."""


@dataclass(frozen=True, slots=True)
class AxesInOrder:
    """Axes permuted where the script reshapes, in recurrent layers and attention, or as inputs reach the models.

    `order` is that in which scrambled inputs lay in memory, one digit for each axis (see `layouts.LayoutSeen`).
    """

    fault: Fault = "reshaped"
    order: str = ""


@dataclass(frozen=True, slots=True)
class TargetsStandardised:
    """Regression targets brought to mean 0 and spread 1 for the gradient; the loss is told in its own units.

    Needs mse_loss, l1_loss, smooth_l1_loss or huber_loss of torch.
    """


SHIFTED, STRETCHED = 0.8, 1.8
"""Samples prepared alike differed by 0.02 to 0.1 of a spread, and their spreads by a few percent."""


@dataclass(frozen=True, slots=True)
class EvaluatedLikeTraining:
    """Inputs of evaluations by the mean and spread of those of training, or with their colour channels reversed.

    By mean and spread only those that are not like them already: one function may look at training data too.
    """

    by: Literal["statistics", "channels"] = "statistics"


@dataclass(frozen=True, slots=True)
class PredictionsFitted:
    """Outputs of evaluations made such as they are scored: one to one with the truth, probabilities where 0.5 decides.

    Of one output the best is that it says yes. Needs a model that is called without gradient, and torch's functions.
    """
