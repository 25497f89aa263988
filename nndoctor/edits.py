"""The changes of a user's source that a remedy may name: a closed set, as rules write them.

Standard library only: rules name an edit, `nndoctor.edit` makes it. Each is made at the place that a fact gives, by the
structure of the code there, and refused where that is not exactly what it expects.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from nndoctor.case import Fact, Place
from nndoctor.naming import meant, name_of


@dataclass(frozen=True, slots=True)
class Measured:
    """A value that a fact gives: `{fact: NAME}`."""

    fact: str


@dataclass(frozen=True, slots=True)
class RemoveCall:
    """`F.softmax(x, dim=1)` becomes `x`, as function, method or module; a statement that was the call alone goes."""

    of: str


@dataclass(frozen=True, slots=True)
class ReplaceCall:
    """Another function of torch's that takes the same arguments, or its module where that was built."""

    of: str
    by: str


@dataclass(frozen=True, slots=True)
class LogSoftmaxFirst:
    """`F.kl_div(scores, ...)` becomes `F.kl_div(F.log_softmax(scores, dim=-1), ...)`; so does its module's call."""

    of: str


@dataclass(frozen=True, slots=True)
class RemoveSeeding:
    """The statement that sets a random seed anew is taken out."""


@dataclass(frozen=True, slots=True)
class SetArgument:
    """A keyword argument of a call there, or of the call that made an object used there."""

    of: str
    argument: str
    value: Measured | str | float | bool


@dataclass(frozen=True, slots=True)
class ScaleLearningRate:
    """The learning rate of the optimizer that is built there, multiplied."""

    factor: Measured | float


@dataclass(frozen=True, slots=True)
class ZeroGradients:
    """`optimizer.zero_grad()` in front of the backward pass there, or behind the step where passes are summed up."""


@dataclass(frozen=True, slots=True)
class StepAfterBackward:
    """`optimizer.step()` behind the backward pass there."""


@dataclass(frozen=True, slots=True)
class ZeroAfterStep:
    """A `zero_grad()` that cleans between the backward pass there and its step is put behind the step."""


@dataclass(frozen=True, slots=True)
class StepOfIdle:
    """The optimizer that is built there steps after its own backward pass, where another one does by mistake."""


@dataclass(frozen=True, slots=True)
class EvaluationMode:
    """`model.eval()` in front of the evaluation there; `model.train()` behind it where nothing else brings that."""


@dataclass(frozen=True, slots=True)
class TrainingMode:
    """`model.train()` in front of the training there."""


@dataclass(frozen=True, slots=True)
class WithoutGraphs:
    """The evaluation there under `torch.no_grad()`."""


@dataclass(frozen=True, slots=True)
class DetachKept:
    """What the line there keeps is kept without its graph."""


@dataclass(frozen=True, slots=True)
class MatchShapes:
    """The two tensors that the line there compares get the same shape."""


@dataclass(frozen=True, slots=True)
class Initialize:
    """The start values that the line there gives, drawn by another initializer of torch's."""

    by: str


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """The line that freezes is taken out."""


@dataclass(frozen=True, slots=True)
class HoldAllParameters:
    """The optimizer that is built there gets the parameters of the whole model."""


@dataclass(frozen=True, slots=True)
class SetInputSize:
    """The layer by the name `module` is built for inputs of that size."""

    module: Measured | str
    size: Measured | float


@dataclass(frozen=True, slots=True)
class DetachState:
    """What a loop hands from step to step goes on without its graph."""


@dataclass(frozen=True, slots=True)
class RandomOrder:
    """`order = torch.arange(n)`, of which the loop there takes slices, becomes a `torch.randperm(n)`."""


@dataclass(frozen=True, slots=True)
class OneIterator:
    """`next(iter(loader))` in a loop draws from an iterator that is made once before it."""


@dataclass(frozen=True, slots=True)
class ZeroForHalf:
    """The 0.5 that the line there holds raw scores against becomes 0, or they are rounded as probabilities."""


@dataclass(frozen=True, slots=True)
class DivideBySamples:
    """The right predictions that are counted in the loop there, divided by its loader's samples, not its batches."""


@dataclass(frozen=True, slots=True)
class DivideByBatches:
    """The shares of right predictions that are summed up in the loop there, divided by its batches."""


Edit = (
    RemoveCall
    | ReplaceCall
    | LogSoftmaxFirst
    | RemoveSeeding
    | SetArgument
    | ScaleLearningRate
    | ZeroGradients
    | StepAfterBackward
    | ZeroAfterStep
    | StepOfIdle
    | EvaluationMode
    | TrainingMode
    | WithoutGraphs
    | DetachKept
    | MatchShapes
    | Initialize
    | Unfreeze
    | HoldAllParameters
    | SetInputSize
    | DetachState
    | RandomOrder
    | OneIterator
    | ZeroForHalf
    | DivideBySamples
    | DivideByBatches
)


@dataclass(frozen=True, slots=True)
class Planned:
    """An edit as a rule names it: made at the place of the fact `at`; with a `label` only if that is its value."""

    edit: Edit
    at: str
    label: str = ""

    def measured(self) -> tuple[str, ...]:
        """The facts whose values the edit takes."""
        return tuple(value.fact for value in _fields(self.edit).values() if isinstance(value, Measured))

    def places(self, facts: Mapping[str, Fact]) -> tuple[Place, ...]:
        """Where it is to be made, as far as the facts tell."""
        fact = facts.get(self.at)
        if fact is None or (self.label and fact.value != self.label):
            return ()
        return fact.where

    def filled(self, facts: Mapping[str, Fact]) -> Edit | None:
        """The edit with the values that facts give; None where one is not known."""
        values = _fields(self.edit)
        for name, value in values.items():
            if isinstance(value, Measured):
                fact = facts.get(value.fact)
                if fact is None or isinstance(fact.value, Mapping):
                    return None
                values[name] = fact.value
        build: Callable[..., Edit] = type(self.edit)
        return build(**values)


def _fields(edit: Edit) -> dict[str, object]:
    return {field.name: getattr(edit, field.name) for field in dataclasses.fields(edit)}


KINDS: Mapping[str, type[Edit]] = MappingProxyType({name_of(kind): kind for kind in typing.get_args(Edit)})


def written(words: Mapping[str, object]) -> Planned:
    """The edit that a rule's `edit` names. Raises ValueError with what is wrong and what was meant perhaps."""
    given = dict(words)
    name = str(given.pop("edit", ""))
    if name not in KINDS:
        raise ValueError(f"there is no edit {name!r}{meant(name, KINDS)}")
    at, label = given.pop("at", ""), given.pop("label", "")
    if not isinstance(at, str) or not at:
        raise ValueError(f"{name} says no fact at whose place it is made: `at`")
    kind = KINDS[name]
    build: Callable[..., Edit] = kind
    fields = [field.name for field in dataclasses.fields(kind)]
    kinds = typing.get_type_hints(kind)
    for word, value in given.items():
        if word not in fields:
            raise ValueError(f"{name} has no {word!r}{meant(word, [*fields, 'at', 'label'])}")
        if type(_value(value)) not in (typing.get_args(kinds[word]) or (kinds[word],)):
            raise ValueError(f"{name}: {word} can't be {value!r}")
    try:
        return Planned(build(**{word: _value(value) for word, value in given.items()}), at, str(label))
    except TypeError as missing:
        raise ValueError(f"{name}: {str(missing).partition(' ')[2]}") from missing


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return Measured(str(value.get("fact", "")))
    return float(value) if type(value) is int else value
