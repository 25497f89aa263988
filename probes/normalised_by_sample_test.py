"""Tests of the experiment with samples that are normalised by themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from nndoctor.intervention import Intervention, OtherSeed
from nndoctor.model_changes import NormalisedBySample
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, RunEnded, Steered, Trace
from probes import normalised_by_sample
from tests.traces import iterations, line, looked, trained, values


def falling(end: float, applied: int = 100, held_out: float | None = None) -> Trace:
    losses = [end + (2.0 - end) * 0.95**n + 0.001 * (n % 3) for n in range(100)]
    looks = [] if held_out is None else [trained(), looked(iteration=99, loss=held_out)]
    return Trace(
        iterations=iterations(losses), sites={0: BackwardSite(0, line(9))}, steered=Steered(applied),
        ended=RunEnded("finished", 0, 1.0), passes=looks,
    )  # fmt: skip


@dataclass
class Bench:
    trace: Trace
    treated: Trace
    again: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        if isinstance(intervention, OtherSeed):
            return self.again
        assert intervention == NormalisedBySample()
        return self.treated

    def seconds_left(self) -> float:
        return 100.0


def test_a_lower_end_is_a_gain_against_the_noise_of_another_seed() -> None:
    facts = values(normalised_by_sample.run(Bench(falling(1.0), falling(0.2), falling(0.99))))
    assert facts["gain"] == pytest.approx(0.78, abs=0.05)
    assert float(str(facts["gain_over_noise"])) > 20
    assert facts["validation_compared"] is False


def test_held_out_losses_are_compared_too() -> None:
    facts = values(
        normalised_by_sample.run(Bench(falling(1.0, held_out=0.9), falling(0.2, held_out=0.3), falling(1.0)))
    )
    assert facts["validation_over_as_is"] == pytest.approx(1 / 3)


def test_nothing_is_told_where_nothing_is_normalised_by_the_batch() -> None:
    with pytest.raises(CannotMeasure):
        normalised_by_sample.run(Bench(falling(1.0), falling(0.2, applied=0), falling(1.0)))


def test_a_part_of_the_run_has_no_end_to_compare() -> None:
    stopped = replace(falling(1.0, held_out=0.9), ended=RunEnded("stopped", 0, 1.0))
    facts = values(normalised_by_sample.run(Bench(stopped, falling(0.2, held_out=0.3), falling(1.0))))
    assert facts["validation_compared"] is False
