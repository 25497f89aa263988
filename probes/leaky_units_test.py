"""Tests of the experiment with leaky units."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.intervention import ActivationsReplaced, Intervention, OtherSeed
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, RunEnded, Steered, Trace
from probes import leaky_units
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
        return {ActivationsReplaced: self.treated, OtherSeed: self.again}[type(intervention)]

    def seconds_left(self) -> float:
        return 100.0


def test_a_lower_end_is_a_gain_against_the_noise_of_another_seed() -> None:
    facts = values(leaky_units.run(Bench(falling(1.8), falling(0.2), falling(1.79))))
    assert facts["gain"] == pytest.approx(0.87, abs=0.03)
    assert float(str(facts["gain_over_noise"])) > 20
    assert facts["treated_falls"] is True


def test_a_difference_no_larger_than_another_seeds_is_none() -> None:
    facts = values(leaky_units.run(Bench(falling(1.0), falling(0.8), falling(0.78))))
    assert float(str(facts["gain_over_noise"])) < 4


def test_where_there_is_no_such_unit_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure, match="could change"):
        leaky_units.run(Bench(falling(1.0), falling(0.2, applied=0), falling(1.0)))
