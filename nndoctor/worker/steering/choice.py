"""Which steering applies which intervention."""

from __future__ import annotations

from typing import NoReturn

import torch

from nndoctor import intervention as change
from nndoctor.burden import AnomalyDetectionOff
from nndoctor.clipping import ClippingReplaced
from nndoctor.data_changes import (
    BatchSizeTimes,
    ClassesBalanced,
    LoaderContinued,
    LoaderShuffled,
    LoadingEased,
    OneOrderForAll,
    PassesRepeated,
    WorkersReseeded,
)
from nndoctor.given import AxesInOrder, EvaluatedLikeTraining, PredictionsFitted, TargetsStandardised
from nndoctor.intervention import Intervention
from nndoctor.loss_changes import (
    LabelsFromZero,
    LossAveraged,
    LossFitted,
    LossNegated,
    LossScaled,
    MathsGuarded,
    MeanTaken,
    OutputUnbounded,
    PaddingIgnored,
)
from nndoctor.model_changes import (
    ActivationsInserted,
    GradientsDerived,
    LayersSeparated,
    NormalisedBySample,
    OperandsCast,
    StatisticsRenewed,
)
from nndoctor.nonfinite import OperationsChecked
from nndoctor.replaying import StepReplayed
from nndoctor.scheduling import LearningRateRange, SchedulerStepped, StoppedAfter
from nndoctor.unregularised import EvaluatedWithoutDropout, RegularisationOff
from nndoctor.worker.steering import ablations, batches, fitting, losses, modes, quiet, rates, targets
from nndoctor.worker.steering.activations import Replacing
from nndoctor.worker.steering.alignment import Aligning
from nndoctor.worker.steering.around import Steering
from nndoctor.worker.steering.averaging import Averaging
from nndoctor.worker.steering.axes import Permuting
from nndoctor.worker.steering.balancing import Balancing
from nndoctor.worker.steering.cleaning import Cleaning
from nndoctor.worker.steering.deriving import Deriving
from nndoctor.worker.steering.easing import Easing
from nndoctor.worker.steering.ending import Ending
from nndoctor.worker.steering.gradients import Clipping, OtherClipping
from nndoctor.worker.steering.guarding import Guarding
from nndoctor.worker.steering.holding import Adding, Unfreezing
from nndoctor.worker.steering.inputs import Filling, Standardising
from nndoctor.worker.steering.loaders import Lengthening, Resizing, Shuffling
from nndoctor.worker.steering.magnifying import Magnifying
from nndoctor.worker.steering.meeting import Bending, Casting
from nndoctor.worker.steering.mislabelling import Mislabelling
from nndoctor.worker.steering.normalising import BySample, Following
from nndoctor.worker.steering.ordering import Ordering
from nndoctor.worker.steering.padding import Leaving
from nndoctor.worker.steering.registering import Registering
from nndoctor.worker.steering.replaying import Replaying
from nndoctor.worker.steering.scaling import Scaling
from nndoctor.worker.steering.scheduling import OtherPace
from nndoctor.worker.steering.scoring import FittingPredictions
from nndoctor.worker.steering.seeds import Reseeding
from nndoctor.worker.steering.separating import Separating
from nndoctor.worker.steering.sign import Turning
from nndoctor.worker.steering.stepping import Stepping
from nndoctor.worker.steering.unbounding import Unbounding
from nndoctor.worker.steering.weights import Reinitialising
from nndoctor.worker.steering.workers import WorkerSeeds


def _unknown(intervention: NoReturn) -> NoReturn:
    raise TypeError(f"nothing applies {intervention!r}")  # typing.assert_never came with Python 3.11


def steering(intervention: Intervention) -> Steering:  # noqa: C901, PLR0911, PLR0912, PLR0915  # one flat line for each kind
    """What applies that intervention."""
    match intervention:
        case change.NoChange() | OperationsChecked():
            return Steering()
        case StepReplayed(experiment, at):
            return Replaying(experiment, at)
        case change.OtherSeed(by, own):
            return Reseeding(by, own=own)
        case change.LearningRateTimes(factor):
            return rates.Rates(factor)
        case change.InputsStandardised():
            return Standardising()
        case change.WeightsReinitialised(scheme):
            return Reinitialising(scheme)
        case change.ZeroedBeforeBackward():
            return Cleaning()
        case change.SteppedAfterBackward():
            return Stepping()
        case change.ParametersAdded():
            return Adding()
        case change.Unfrozen():
            return Unfreezing()
        case change.LayersRegistered():
            return Registering()
        case change.LogitsGiven():
            return losses.ScoresGiven()
        case change.ProbabilitiesGiven():
            return losses.ProbabilitiesGiven()
        case change.TargetReshaped():
            return losses.TargetReshaped()
        case change.TargetFitted():
            return targets.TargetFitted()
        case LabelsFromZero(first):
            return targets.LabelsFromZero(first)
        case LossFitted():
            return fitting.LossFitted()
        case AnomalyDetectionOff():
            return quiet.Unsuspicious()
        case LossNegated():
            return Turning()
        case ClassesBalanced():
            return Balancing()
        case LossAveraged(passes):
            return Averaging(passes)
        case LossScaled():
            return Magnifying()
        case LayersSeparated():
            return Separating()
        case NormalisedBySample():
            return BySample()
        case StatisticsRenewed():
            return Following()
        case OperandsCast():
            return Casting()
        case ActivationsInserted():
            return Bending()
        case GradientsDerived():
            return Deriving()
        case MeanTaken():
            return targets.MeanTaken()
        case MathsGuarded():
            return Guarding()
        case PaddingIgnored():
            return Leaving()
        case OutputUnbounded():
            return Unbounding()
        case WorkersReseeded():
            return WorkerSeeds()
        case LoadingEased(workers):
            return Easing(workers)
        case PassesRepeated(times):
            return Lengthening(times)
        case OneOrderForAll(kept):
            return Ordering(kept=kept)
        case LoaderShuffled():
            return Shuffling()
        case change.KeptInTrainMode():
            return modes.Trained()
        case change.EvaluatedInEvalMode():
            return modes.Evaluated()
        case change.EvaluatedWithoutGraph():
            return modes.Graphless()
        case change.GradientsClipped(norm):
            return Clipping(norm)
        case ClippingReplaced(norm):
            return OtherClipping(norm)
        case SchedulerStepped(every):
            return OtherPace(every)
        case change.ActivationsReplaced(by, restarted):
            return Replacing(by, restarted=restarted)
        case change.NonfiniteReplaced():
            return Filling()
        case LoaderContinued():
            return batches.GoingOn()
        case change.SameBatchEveryStep():
            return batches.Repeating()
        case BatchSizeTimes(factor):
            return Resizing(factor)
        case change.InputsZeroed():
            return ablations.Inputs(torch.zeros_like)
        case change.InputsNoise(scale):
            return ablations.Inputs(ablations.noisy(scale))
        case change.LabelsShuffled():
            return Mislabelling()
        case change.Float64():
            return ablations.Doubling()
        case change.AutocastOff():
            return ablations.NoAutocast()
        case change.DropoutOff():
            return ablations.NoDropout()
        case EvaluatedWithoutDropout():
            return ablations.NoDropoutInEval()
        case RegularisationOff(of):
            return ablations.NoDropout() if of == "dropout" else rates.NoDecay()
        case change.WeightDecayOff():
            return rates.NoDecay()
        case change.MomentumOff():
            return rates.NoMomentum()
        case LearningRateRange(low, high, steps):
            return rates.RateRange(low, high, steps)
        case StoppedAfter(iteration):
            return Ending(iteration)
        case AxesInOrder():
            return Permuting(intervention)
        case TargetsStandardised():
            return Scaling()
        case EvaluatedLikeTraining():
            return Aligning(intervention)
        case PredictionsFitted():
            return FittingPredictions()
        case _:
            _unknown(intervention)
