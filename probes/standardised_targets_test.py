"""Tests of the experiment with standardised targets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.given import TargetsStandardised
from nndoctor.intervention import Intervention, OtherSeed
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, RunEnded, Steered, Trace
from probes import standardised_targets
from tests.traces import iterations, line, values


def falling(end: float, applied: int = 100) -> Trace:
    losses = [end + (2.0 - end) * 0.95**n + 0.001 * (n % 3) for n in range(100)]
    ended = RunEnded("finished", 0, 1.0)
    return Trace(
        iterations=iterations(losses), sites={0: BackwardSite(0, line(9))}, steered=Steered(applied), ended=ended
    )


@dataclass
class Bench:
    trace: Trace
    treated: Trace
    again: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        if isinstance(intervention, OtherSeed):
            return self.again
        assert intervention == TargetsStandardised()
        return self.treated

    def seconds_left(self) -> float:
        return 100.0


def test_a_lower_end_is_a_gain_against_the_noise_of_another_seed() -> None:
    facts = values(standardised_targets.run(Bench(falling(1.8), falling(0.2), falling(1.79))))
    assert facts["gain"] == pytest.approx(0.87, abs=0.03)
    assert float(str(facts["gain_over_noise"])) > 20


def test_a_higher_end_is_a_loss() -> None:
    assert float(str(values(standardised_targets.run(Bench(falling(0.2), falling(1.8), falling(0.2))))["gain"])) < 0


def test_nothing_is_told_where_there_are_no_such_targets() -> None:
    with pytest.raises(CannotMeasure):
        standardised_targets.run(Bench(falling(1.8), falling(0.2, applied=0), falling(1.8)))
