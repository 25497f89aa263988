"""Tests of the experiment with classes that count the same."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.data_changes import ClassesBalanced
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.seen import LossCall
from nndoctor.trace import BackwardSite, RunEnded, Steered, Trace
from probes import balanced_classes
from tests.traces import iterations, line, loss_call, values

LABELS = {"0": 95.0, "1": 5.0}


def falling(end: float, losses: list[LossCall], applied: int = 100) -> Trace:
    course = [end + (0.7 - end) * 0.9**n for n in range(100)]
    ended = RunEnded("finished", 0, 1.0)
    sites, steered = {0: BackwardSite(0, line(9))}, Steered(applied)
    return Trace(iterations=iterations(course), sites=sites, losses=losses, steered=steered, ended=ended)


@dataclass
class Bench:
    trace: Trace
    treated: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == ClassesBalanced()
        return self.treated

    def seconds_left(self) -> float:
        return 100.0


def measured(end: float, **fields: object) -> float:
    bench = Bench(falling(0.2, [loss_call(0, value=0.7, labels=LABELS)]), falling(end, [], **fields))  # type: ignore[arg-type]
    return float(str(values(balanced_classes.run(bench))["loss_over_blind"]))


def test_classes_that_can_be_told_apart_lose_less_than_a_blind_answer() -> None:
    assert measured(0.1) == pytest.approx(0.15, abs=0.01)
    assert measured(0.693) == pytest.approx(1.0, abs=0.01)


def test_what_could_not_be_weighed_is_not_measured() -> None:
    with pytest.raises(CannotMeasure, match="could change"):
        measured(0.1, applied=0)
    with pytest.raises(CannotMeasure, match="one loss"):
        balanced_classes.run(Bench(falling(0.2, [loss_call(0, value=3.0, labels=LABELS)]), falling(0.1, [])))
