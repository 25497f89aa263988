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


@dataclass(frozen=True, slots=True)
class NoChange:
    """As it is; with a `seed` other than None, reseeded, to see the noise."""

    seed: int | None = None


@dataclass(frozen=True, slots=True)
class LearningRateTimes:
    """Every learning rate multiplied, at each step, whatever scheduler sets it."""

    factor: float


@dataclass(frozen=True, slots=True)
class InputsStandardised:
    """The floating inputs of the trained model brought to mean 0 and spread 1 by feature or channel."""


Intervention = NoChange | LearningRateTimes | InputsStandardised


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
