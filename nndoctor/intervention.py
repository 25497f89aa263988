"""The one named change with which a script is run again: a closed set, the same words for experiments and remedies.

Standard library only: rules name an intervention, the worker applies it. Each says what it changes and what it needs;
where it can't be applied, `worker/steering` says why.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
)  # fmt: skip
from nndoctor.model_changes import (
    ActivationsInserted,
    GradientsDerived,
    LayersSeparated,
    NormalisedBySample,
    OperandsCast,
    StatisticsRenewed,
)
from nndoctor.naming import meant, name_of
from nndoctor.nonfinite import OperationsChecked
from nndoctor.replaying import StepReplayed
from nndoctor.scheduling import LearningRateRange, SchedulerStepped, StoppedAfter
from nndoctor.unregularised import EvaluatedWithoutDropout, RegularisationOff

Scheme = typing.Literal["kaiming", "xavier", "torch"]
Activation = typing.Literal["relu", "unsaturated", "leaky_relu"]


@dataclass(frozen=True, slots=True)
class NoChange:
    """As it is."""


@dataclass(frozen=True, slots=True)
class OtherSeed:
    """The seeds that the script leaves as they come, shifted, and its `own` too: the error bar of a comparison."""

    by: int = 1
    own: bool = True


@dataclass(frozen=True, slots=True)
class LearningRateTimes:
    """Every learning rate multiplied, at each step, whatever scheduler sets it. Needs an optimizer."""

    factor: float


@dataclass(frozen=True, slots=True)
class InputsStandardised:
    """The floating inputs of the trained model brought to mean 0 and spread 1 by feature or channel."""


@dataclass(frozen=True, slots=True)
class WeightsReinitialised:
    """The trained weights started anew, each by its layer's own kind; loaded and frozen ones stay.

    Needs a model that is called after its optimizer was built, or weights that were given to an optimizer.
    """

    scheme: Scheme = "kaiming"


@dataclass(frozen=True, slots=True)
class ZeroedBeforeBackward:
    """Gradients cleared before the first backward pass after each step, and not where the script clears them."""


@dataclass(frozen=True, slots=True)
class SteppedAfterBackward:
    """Optimizers that the script does not step after a backward pass are stepped then; its idle steps are left out."""


@dataclass(frozen=True, slots=True)
class ParametersAdded:
    """Parameters of called models that get a gradient and are in no optimizer, added to their model's optimizer."""


@dataclass(frozen=True, slots=True)
class Unfrozen:
    """All parameters of the models that an optimizer trains made trainable, and added to it where they are missing."""


@dataclass(frozen=True, slots=True)
class LayersRegistered:
    """Layers in a plain list or dictionary of a module made its own, before an optimizer asks for its parameters."""


@dataclass(frozen=True, slots=True)
class LogitsGiven:
    """The raw scores given to losses that have softmax or sigmoid in them, where the script gives probabilities."""


@dataclass(frozen=True, slots=True)
class ProbabilitiesGiven:
    """Probabilities, or their logarithms, given to the losses that want them, where the script gives raw scores."""


@dataclass(frozen=True, slots=True)
class TargetReshaped:
    """Targets brought to the predictions' shape, where both have as many numbers and would make a table."""


@dataclass(frozen=True, slots=True)
class TargetFitted:
    """Targets in the type and shape that their loss takes. Needs one of torch's loss functions."""


@dataclass(frozen=True, slots=True)
class KeptInTrainMode:
    """Models in training mode in calls that a gradient comes back from. Needs one that trained so before."""


@dataclass(frozen=True, slots=True)
class EvaluatedInEvalMode:
    """Models in evaluation mode in calls without a gradient."""


@dataclass(frozen=True, slots=True)
class EvaluatedWithoutGraph:
    """No graph built in evaluations: calls that no gradient comes back from, after training has begun."""


@dataclass(frozen=True, slots=True)
class GradientsClipped:
    """The global norm of the gradients cut to `norm` before each step, after a GradScaler's unscaling."""

    norm: float = 1.0


@dataclass(frozen=True, slots=True)
class ActivationsReplaced:
    """Sigmoid and tanh between two layers replaced by ReLU or kept off their ends, or ReLU by a leaky one.

    Needs a model that is called. `restarted`: ReLU wants larger weights than those that squash, or torch's defaults.
    """

    by: Activation = "relu"
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class NonfiniteReplaced:
    """NaN and infinities in inputs and targets replaced by the mean of their column, as far as it was seen."""


@dataclass(frozen=True, slots=True)
class SameBatchEveryStep:
    """The inputs and targets of the first training step at every step. Needs torch's losses, and models in training."""


@dataclass(frozen=True, slots=True)
class InputsZeroed:
    """The floating inputs of models set to zero: nothing is left to be learnt but how often each answer is right."""


@dataclass(frozen=True, slots=True)
class InputsNoise:
    """Normal noise of `scale` standard deviations on the floating inputs of models."""

    scale: float = 0.1


@dataclass(frozen=True, slots=True)
class LabelsShuffled:
    """Each training sample given the target of another one, the same one each time. Needs torch's loss functions."""


@dataclass(frozen=True, slots=True)
class Float64:
    """Models, their inputs and the targets of losses in double precision."""


@dataclass(frozen=True, slots=True)
class AutocastOff:
    """All in the precision of the weights: no autocast, and nothing made float16."""


@dataclass(frozen=True, slots=True)
class DropoutOff:
    """No unit dropped."""


@dataclass(frozen=True, slots=True)
class WeightDecayOff:
    """Weight decay 0 in every optimizer."""


@dataclass(frozen=True, slots=True)
class MomentumOff:
    """Momentum 0 in SGD and RMSprop, the first beta 0 in Adam and its kin."""


Intervention = (
    EvaluatedWithoutDropout | EvaluatedWithoutGraph | EvaluatedLikeTraining | WeightsReinitialised | NormalisedBySample
    | ZeroedBeforeBackward | SteppedAfterBackward | EvaluatedInEvalMode | ActivationsReplaced | AnomalyDetectionOff
    | TargetsStandardised | ActivationsInserted | InputsStandardised | ProbabilitiesGiven | SameBatchEveryStep
    | LearningRateTimes | OperationsChecked | NonfiniteReplaced | LearningRateRange | RegularisationOff | TargetFitted
    | LayersRegistered | GradientsClipped | ClippingReplaced | SchedulerStepped | ClassesBalanced | LayersSeparated
    | OutputUnbounded | ParametersAdded | KeptInTrainMode | LoaderContinued | WorkersReseeded | OneOrderForAll
    | PaddingIgnored | TargetReshaped | LoaderShuffled | BatchSizeTimes | LabelsShuffled | WeightDecayOff | LogitsGiven
    | PassesRepeated | InputsZeroed | LossAveraged | StepReplayed | OperandsCast | MathsGuarded | InputsNoise | Float64
    | AutocastOff | MomentumOff | LossNegated | AxesInOrder | LossFitted | DropoutOff | LossScaled | OtherSeed
    | PredictionsFitted | StatisticsRenewed | GradientsDerived | LabelsFromZero | LoadingEased | MeanTaken | NoChange
    | StoppedAfter | Unfrozen
)  # fmt: skip


KINDS: Mapping[str, type[Intervention]] = {name_of(kind): kind for kind in typing.get_args(Intervention)}


def resolved(words: Mapping[str, object], facts: Mapping[str, object]) -> Mapping[str, object] | None:
    """A rule's `try` with its `{fact: NAME}` replaced by what was measured; None where one of them was not."""
    values = {word: facts.get(_fact_of(value)) if _fact_of(value) else value for word, value in words.items()}
    return None if any(value is None for value in values.values()) else values


def facts_of(words: Mapping[str, object]) -> tuple[str, ...]:
    """The facts that a rule's `try` takes its fields from."""
    return tuple(fact for value in words.values() if (fact := _fact_of(value)))


def _fact_of(value: object) -> str:
    return str(value.get("fact", "")) if isinstance(value, Mapping) else ""


def written(words: Mapping[str, object]) -> Intervention:
    """The intervention that these words name. Raises ValueError with what is wrong and what was meant perhaps."""
    kind, given = _parted(words)
    build: Callable[..., Intervention] = kind
    return build(**given)


def check(words: Mapping[str, object]) -> None:
    """Raises ValueError for a rule's `try` that names no intervention, whatever the facts in it will be."""
    _parted(words)


def _parted(words: Mapping[str, object]) -> tuple[type[Intervention], dict[str, object]]:
    # rules have one kind of number
    given = {word: int(x) if isinstance(x, float) and x.is_integer() else x for word, x in words.items()}
    name = str(given.pop("intervention", ""))
    if name not in KINDS:
        raise ValueError(f"there is no intervention {name!r}{meant(name, KINDS)}")
    fields = {field.name: field for field in dataclasses.fields(KINDS[name])}
    types = typing.get_type_hints(KINDS[name])
    for word, value in given.items():
        if word not in fields:
            raise ValueError(f"{name} has no {word!r}{meant(word, fields)}")
        if not _fact_of(value) and not _fits(value, types[word]):
            raise ValueError(f"{name}: {word} can't be {value!r}{_choices(types[word])}")
    for field in fields.values():
        if field.name not in given and field.default is dataclasses.MISSING:
            raise ValueError(f"{name} needs {field.name!r}")
    return KINDS[name], given


def _fits(value: object, kind: object) -> bool:
    if choices := typing.get_args(kind):
        return value in choices
    wanted = (int, float) if kind is float else kind
    return isinstance(value, bool) == (kind is bool) and isinstance(value, wanted)  # type: ignore[arg-type]  # a class


def _choices(kind: object) -> str:
    return f": it is one of {', '.join(map(str, typing.get_args(kind)))}" if typing.get_args(kind) else ""
