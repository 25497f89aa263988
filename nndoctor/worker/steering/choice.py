"""Which steering applies which intervention."""

from __future__ import annotations

from typing import NoReturn

from nndoctor.intervention import (
    InputsStandardised,
    Intervention,
    LearningRateTimes,
    LogitsGiven,
    NoChange,
    OtherSeed,
    ParametersAdded,
    ProbabilitiesGiven,
    SteppedAfterBackward,
    TargetReshaped,
    Unfrozen,
    WeightsReinitialised,
    ZeroedBeforeBackward,
)
from nndoctor.worker.steering import losses
from nndoctor.worker.steering.around import Steering
from nndoctor.worker.steering.cleaning import Cleaning
from nndoctor.worker.steering.holding import Adding, Unfreezing
from nndoctor.worker.steering.inputs import Standardising
from nndoctor.worker.steering.rates import Rates
from nndoctor.worker.steering.seeds import Reseeding
from nndoctor.worker.steering.stepping import Stepping
from nndoctor.worker.steering.weights import Reinitialising


def _unknown(intervention: NoReturn) -> NoReturn:
    raise TypeError(f"nothing applies {intervention!r}")  # typing.assert_never came with Python 3.11


def steering(intervention: Intervention) -> Steering:  # noqa: C901, PLR0911, PLR0912  # one flat line for each kind
    """What applies that intervention."""
    match intervention:
        case NoChange():
            return Steering()
        case OtherSeed(by):
            return Reseeding(by)
        case LearningRateTimes(factor):
            return Rates(factor)
        case InputsStandardised():
            return Standardising()
        case WeightsReinitialised(scheme):
            return Reinitialising(scheme)
        case ZeroedBeforeBackward():
            return Cleaning()
        case SteppedAfterBackward():
            return Stepping()
        case ParametersAdded():
            return Adding()
        case Unfrozen():
            return Unfreezing()
        case LogitsGiven():
            return losses.ScoresGiven()
        case ProbabilitiesGiven():
            return losses.ProbabilitiesGiven()
        case TargetReshaped():
            return losses.TargetReshaped()
        case _:
            _unknown(intervention)
