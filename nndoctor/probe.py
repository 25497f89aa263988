"""The probe author's face: what a probe is given, what it may return, and how it says that it can't.

A probe is a module with a docstring (what the user reads), a literal CARD, and `run(bench) -> Facts`. It measures and
never judges: ratios are made here, thresholds stand in the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypedDict

from nndoctor.case import Fact, FactValue, Picture, Place
from nndoctor.intervention import Intervention
from nndoctor.trace import Trace

Cost = Literal["free", "seconds", "minutes"]
Need = Literal["trace", "model", "batch", "loss", "rerun", "source", "gpu"]
Kind = Literal["number", "flag", "label", "by_layer"]


WHOLE_EPOCHS = "whole epochs, and this was a rehearsal"


class _FactCard(TypedDict):
    kind: Kind
    says: Mapping[str, str]
    unit: str
    labels: tuple[str, ...]


class FactCard(_FactCard, total=False):
    """One quantity: what is measured, in both languages; `unit` is "" for ratios, `labels` () for all but labels.

    `whole_epochs`: it means nothing where passes over loaders were ended early, and is not given then.
    """

    whole_epochs: bool


class Card(TypedDict):
    """A probe's literal CARD, read by `ast` in the screen's process: never computed."""

    title: Mapping[str, str]
    cost: Cost
    needs: tuple[Need, ...]
    facts: Mapping[str, FactCard]


class CannotMeasure(Exception):
    """Raised by a probe whose quantity does not exist in this run; the text is shown to the user."""


@dataclass(slots=True)
class Facts:
    """What a probe brings home: facts by short name (the probe's own name is put in front), and pictures."""

    values: dict[str, Fact] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)

    def put(self, name: str, value: FactValue, *where: Place | None, step: int | None = None) -> None:
        """Adds one fact, with the lines of user code where it shows; places that are None are left out.

        `step` is the iteration of the run, from 0, that first showed it.
        """
        self.values[name] = Fact(value, tuple(place for place in where if place is not None), step)


class Bench(Protocol):
    """The patient as a probe meets it."""

    @property
    def trace(self) -> Trace:
        """The watched run of the user's script, as long as it lived."""
        ...

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        """The script run once more under an intervention, stopped after so many backward passes.

        Raises CannotMeasure when no time is left for it.
        """
        ...

    def seconds_left(self) -> float:
        """Wall time that this probe may still take."""
        ...
