"""Tests of the experiment with the labels of other samples."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.intervention import Intervention, LabelsShuffled
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.shuffled_labels import run
from tests.traces import iterations, line, values


def watched(losses: list[float | None]) -> Trace:
    return Trace(iterations=iterations(losses), sites={0: BackwardSite(0, line(9))}, steered=Steered(1))


def falling(late: int = 0, to: float = 0.0) -> list[float | None]:
    return [max(to, 1.0 - max(0, n - late) / 100) for n in range(120)]


@dataclass
class Bench:
    trace: Trace
    again: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == LabelsShuffled()
        return self.again

    def seconds_left(self) -> float:
        return 100.0


def test_labels_that_are_learnt_as_fast_by_heart_have_no_lead() -> None:
    facts = values(run(Bench(watched(falling()), watched(falling()))))
    assert (facts["lead_of_fall"], facts["fall_share"]) == (0.0, 1.0)


def test_a_lead_on_the_way_counts_though_both_come_to_the_end() -> None:
    facts = values(run(Bench(watched(falling(to=0.3)), watched(falling(30, to=0.3)))))
    assert facts["lead_of_fall"] == pytest.approx(0.43, abs=0.05)
    assert facts["fall_share"] == pytest.approx(1.0, abs=0.01)


def test_labels_that_can_not_be_learnt_by_heart_are_told() -> None:
    facts = values(run(Bench(watched(falling()), watched([1.0] * 120))))
    assert facts["fall_share"] == pytest.approx(0.0, abs=0.05)
    assert facts["loss_treated"] == 1.0


@pytest.mark.parametrize(
    ("own", "steered", "why"),
    [
        ([1.0] * 120, Steered(1), "does not fall"),
        (falling(), Steered(0, "there was no loss"), "could change nothing: there was no loss"),
    ],
)
def test_what_can_not_be_compared_is_told(own: list[float | None], steered: Steered, why: str) -> None:
    again = watched(falling())
    again.steered = steered
    with pytest.raises(CannotMeasure, match=why):
        run(Bench(watched(own), again))
