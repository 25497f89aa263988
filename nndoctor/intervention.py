"""The one named change with which a script is run again: a closed set, the same words for experiments and remedies.

Standard library only: rules name an intervention, the worker applies it. Each says what it changes; what it needs, and
when it can't be applied, is known where it is applied (`worker/steering`).
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class NoChange:
    """As it is; with a `seed` other than None, reseeded, to see the noise."""

    seed: int | None = None


@dataclass(frozen=True, slots=True)
class LearningRateTimes:
    """Every learning rate multiplied, at each step, whatever scheduler sets it."""

    factor: float


@dataclass(frozen=True, slots=True)
class LearningRateSweep:
    """The learning rate rises from `low` to `high` times the script's own, geometrically over `steps` steps."""

    low: float = 1e-3
    high: float = 1e3
    steps: int = 100


@dataclass(frozen=True, slots=True)
class GradientsClipped:
    """The global norm of the gradients clipped to `norm` before each step; 0 means the median of the first steps'."""

    norm: float = 0.0


@dataclass(frozen=True, slots=True)
class SameBatch:
    """The first training batch again at every step."""


@dataclass(frozen=True, slots=True)
class InputsReplaced:
    """The floating inputs of the trained model replaced by zeros, or by noise of the same mean and spread."""

    by: Literal["zeros", "noise"] = "zeros"


@dataclass(frozen=True, slots=True)
class InputsStandardised:
    """The floating inputs of the trained model brought to mean 0 and spread 1 by feature or channel."""


@dataclass(frozen=True, slots=True)
class LabelsShuffled:
    """The targets of each training batch given to other samples of it."""


@dataclass(frozen=True, slots=True)
class DoublePrecision:
    """Weights, inputs and floating targets in float64; autocast off."""


@dataclass(frozen=True, slots=True)
class AutocastOff:
    """Everything in the precision of the weights; a gradient scaler does nothing."""


@dataclass(frozen=True, slots=True)
class DropoutOff:
    """Every dropout probability 0."""


@dataclass(frozen=True, slots=True)
class WeightDecayOff:
    """Every weight decay 0."""


@dataclass(frozen=True, slots=True)
class MomentumOff:
    """Momentum, or Adam's first beta, 0."""


@dataclass(frozen=True, slots=True)
class TrainMode:
    """The model in train mode whenever it trains."""


@dataclass(frozen=True, slots=True)
class EvalMode:
    """The model in eval mode, without gradient, whenever it only looks."""


@dataclass(frozen=True, slots=True)
class ModuleSkipped:
    """A module, or an activation function in front of the loss, passes its input on as it is.

    `of` is the module's dotted path in the model, or the name of the function (softmax, sigmoid).
    """

    of: str


@dataclass(frozen=True, slots=True)
class ActivationsReplaced:
    """Activations of one kind replaced by another inside the model, never behind its last layer."""

    kind: str = "sigmoid"
    by: Literal["relu", "leaky_relu", "gelu"] = "relu"


@dataclass(frozen=True, slots=True)
class WeightsReinitialised:
    """The weight matrices drawn anew before the first step; biases zero."""

    scheme: Literal["kaiming", "xavier"] = "kaiming"


@dataclass(frozen=True, slots=True)
class GradientsZeroed:
    """Gradients cleaned after each step."""


@dataclass(frozen=True, slots=True)
class ParametersAdded:
    """Trainable parameters of the trained model that no optimizer holds, added to its optimizer."""


@dataclass(frozen=True, slots=True)
class Unfrozen:
    """Frozen layers at their random start made trainable and given to the optimizer."""


@dataclass(frozen=True, slots=True)
class LoaderShuffled:
    """Training loaders that draw in order draw at random."""


@dataclass(frozen=True, slots=True)
class BatchSizeTimes:
    """The batch size of training loaders multiplied."""

    factor: float


Intervention = (
    NoChange
    | LearningRateTimes
    | LearningRateSweep
    | GradientsClipped
    | SameBatch
    | InputsReplaced
    | InputsStandardised
    | LabelsShuffled
    | DoublePrecision
    | AutocastOff
    | DropoutOff
    | WeightDecayOff
    | MomentumOff
    | TrainMode
    | EvalMode
    | ModuleSkipped
    | ActivationsReplaced
    | WeightsReinitialised
    | GradientsZeroed
    | ParametersAdded
    | Unfrozen
    | LoaderShuffled
    | BatchSizeTimes
)


def name_of(kind: type[Intervention]) -> str:
    """As rules write it: LearningRateTimes is learning_rate_times."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


KINDS: Mapping[str, type[Intervention]] = {name_of(kind): kind for kind in typing.get_args(Intervention)}


def written(words: Mapping[str, object]) -> Intervention:
    """The intervention that a rule's `try` names. Raises ValueError with what is wrong and what was meant perhaps."""
    given = dict(words)
    name = str(given.pop("intervention", ""))
    if name not in KINDS:
        raise ValueError(f"there is no intervention {name!r}{_meant(name, KINDS)}")
    kind = KINDS[name]
    build: Callable[..., Intervention] = kind
    fields = [field.name for field in dataclasses.fields(kind)]
    for word in given:
        if word not in fields:
            raise ValueError(f"{name} has no {word!r}{_meant(word, fields)}")
    try:
        return build(**given)
    except TypeError as missing:
        raise ValueError(f"{name}: {str(missing).partition(' ')[2]}") from missing


def _meant(word: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), 1)
    return f": did you mean {close[0]!r}?" if close else f": it is one of {', '.join(known)}"
