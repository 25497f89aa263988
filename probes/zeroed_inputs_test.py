"""Tests of the experiment with inputs of zero."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.intervention import InputsZeroed, Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.zeroed_inputs import run
from tests.traces import iterations, line, values


def watched(losses: list[float | None]) -> Trace:
    return Trace(iterations=iterations(losses), sites={0: BackwardSite(0, line(9))}, steered=Steered(1))


def falling(to: float) -> list[float | None]:
    return [max(to, 1.0 - n / 60) for n in range(120)]


@dataclass
class Bench:
    trace: Trace
    again: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == InputsZeroed()
        return self.again

    def seconds_left(self) -> float:
        return 100.0


def test_what_is_learnt_from_the_inputs_is_lost_without_them() -> None:
    facts = values(run(Bench(watched(falling(0.2)), watched(falling(0.8)))))
    assert facts["gain_of_start"] == pytest.approx(0.6, abs=0.05)
    assert facts["fall_share"] == pytest.approx(0.25, abs=0.05)
    assert float(str(facts["gain_over_noise"])) > 100


def test_a_network_that_ignores_its_inputs_does_as_well_without() -> None:
    facts = values(run(Bench(watched(falling(0.8)), watched(falling(0.8)))))
    assert (facts["gain_of_start"], facts["fall_share"]) == (0.0, 1.0)


def test_where_nothing_falls_there_is_no_share() -> None:
    assert "fall_share" not in values(run(Bench(watched([1.0] * 120), watched([1.0] * 120))))


def test_a_loss_that_is_lost_tells_nothing() -> None:
    with pytest.raises(CannotMeasure, match="not finite"):
        run(Bench(watched(falling(0.2)), watched([1.0] * 30 + [None] * 90)))
