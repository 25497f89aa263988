"""What the probes tell of loaders with and without workers, and of a rerun that had something to reseed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.data_changes import WorkersReseeded
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Steered, Trace
from probes import loader_workers, worker_draws
from tests.traces import line, loader


@dataclass
class Bench:
    """A bench whose reruns end so."""

    trace: Trace
    steered: Steered | None = None

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == WorkersReseeded()
        assert iterations == 1
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return 60.0


TWO = Trace(loaders={0: loader(), 1: loader(1, workers=2, place=line(30))})


def test_the_loader_with_most_workers_counts() -> None:
    fact = loader_workers.run(Bench(TWO)).values["most"]
    assert (fact.value, fact.where) == (2.0, (line(30),))


@pytest.mark.parametrize(("applied", "alike"), [(3, True), (0, False)])
def test_workers_are_alike_where_there_was_something_to_seed(applied: int, alike: bool) -> None:  # noqa: FBT001
    fact = worker_draws.run(Bench(TWO, Steered(applied))).values["alike"]
    assert (fact.value, fact.where) == (alike, (line(30),))


@pytest.mark.parametrize("trace", [TWO, Trace(loaders={0: loader()})])
def test_without_workers_or_an_orderly_end_nothing_is_told(trace: Trace) -> None:
    with pytest.raises(CannotMeasure):
        worker_draws.run(Bench(trace))
