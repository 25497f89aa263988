"""One call of a model, and a stretch of calls of the same kind, on their way to a Pass."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

from torch import Tensor

from nndoctor.case import Place
from nndoctor.seen import BatchSeen, LossCall
from nndoctor.trace import Pass
from nndoctor.worker.models import Known


@dataclass(slots=True)
class Call:
    """One call of a model, until it is known what became of its output."""

    known: Known
    iteration: int
    modes: tuple[bool, bool, str]
    active: int
    place: Place | None
    before: tuple[int, int]
    began: float
    after: tuple[int, int] = (0, 0)
    samples: int = 0
    loader: int | None = None
    print: str = ""
    graph: bool = False
    used: bool = False
    turns: int = 0
    batch: BatchSeen | None = None
    losses: list[LossCall] = field(default_factory=list)
    scores: list[tuple[float | None, float | None, float]] = field(default_factory=list)
    inputs: list[weakref.ref[Tensor]] = field(default_factory=list)
    outputs: list[weakref.ref[Tensor]] = field(default_factory=list)


class Stretch:
    """Consecutive calls of one model of the same kind, on their way to a Pass."""

    def __init__(self, call: Call) -> None:
        """Begins with one call."""
        self.kind = kind_of(call)
        self.first = self.last = call
        self.calls = self.samples = self.repeats = 0
        self.sums = [0.0, 0.0, 0.0, 0.0]

    def add(self, call: Call) -> None:
        """Takes one more call in."""
        self.repeats += bool(self.calls and call.print and call.print == self.last.print)
        self.calls += 1
        self.samples += call.samples
        self.last = call
        for loss, accuracy, weight in call.scores:
            for place, value in ((0, loss), (2, accuracy)):
                if value is not None:
                    self.sums[place] += value * weight
                    self.sums[place + 1] += weight

    def ended(self) -> Pass:
        """The record of the whole stretch."""
        first, last, sums = self.first, self.last, self.sums
        training, grad, autocast = first.modes
        return Pass(
            model=first.known.number,
            evaluating=not first.used,
            training=training,
            grad_enabled=grad,
            output_requires_grad=first.graph,
            active=first.active,
            sensitive=len(first.known.sensitive),
            iteration=first.iteration,
            calls=self.calls,
            samples=self.samples,
            place=first.place,
            loader=first.loader,
            autocast=autocast,
            feeds=first.known.feeds,
            loss=sums[0] / sums[1] if sums[1] else None,
            accuracy=sums[2] / sums[3] if sums[3] else None,
            repeats=self.repeats / max(1, self.calls - 1),
            resident_bytes=(first.before[0], last.after[0]),
            cuda_bytes=(first.before[1], last.after[1]),
            seconds=last.began - first.began,
        )


def kind_of(call: Call) -> tuple[object, ...]:
    """Calls of the same kind make one stretch; the loader tells a training pass from a look at its own data."""
    return (call.used, call.graph, call.modes, call.active > 0, None if call.used else call.loader)


def slept_between(last: Call, call: Call) -> bool:
    """Whether the model was trained between these two of its calls, though nobody looked."""
    return last.iteration < call.iteration and last.known.passed >= last.iteration
