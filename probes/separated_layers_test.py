"""Tests of the experiment with a layer of its own in each place."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.intervention import Intervention, OtherSeed
from nndoctor.model_changes import LayersSeparated
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, RunEnded, Steered, Trace
from probes import separated_layers
from tests.traces import iterations, line, values


def falling(end: float, applied: int = 7) -> Trace:
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
        assert intervention == LayersSeparated()
        return self.treated

    def seconds_left(self) -> float:
        return 100.0


def test_a_lower_end_is_a_gain_against_the_noise_of_another_seed() -> None:
    facts = values(separated_layers.run(Bench(falling(1.0), falling(0.2), falling(0.99))))
    assert facts["gain"] == pytest.approx(0.78, abs=0.05)
    assert float(str(facts["gain_over_noise"])) > 20


def test_chance_as_large_as_the_gain_is_told() -> None:
    facts = values(separated_layers.run(Bench(falling(1.0), falling(0.8), falling(0.8))))
    assert float(str(facts["gain_over_noise"])) < 2


def test_nothing_is_told_where_no_layer_is_repeated() -> None:
    with pytest.raises(CannotMeasure):
        separated_layers.run(Bench(falling(1.0), falling(0.2, applied=0), falling(1.0)))
