"""Tests of the experiment with a range of learning rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.scheduling import LearningRateRange
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.learning_rate_range import run
from tests.traces import iterations, line, values

Law = Callable[[float], float | None]


@dataclass
class Bench:
    """`law` gives the loss at a rate; the script's own is 0.01."""

    law: Law
    steps: int = 300
    left: float = 100.0
    steered: Steered = field(default_factory=lambda: Steered(1))

    @property
    def trace(self) -> Trace:
        return Trace(iterations=iterations([1.0] * self.steps, learning_rate=0.01), sites={0: BackwardSite(0, line(9))})

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert isinstance(intervention, LearningRateRange)
        assert (intervention.low, intervention.high) == pytest.approx((1e-5, 10.0))
        assert iterations is not None
        rates = [1e-5 * 10 ** (6 * n / (intervention.steps - 1)) for n in range(iterations)]
        rows = [
            replace(row, loss=self.law(rate), learning_rate=rate)
            for row, rate in zip(self.trace.iterations, rates, strict=False)
        ]
        return Trace(iterations=rows, sites=self.trace.sites, steered=self.steered)

    def seconds_left(self) -> float:
        return self.left


def valley(falls_at: float, flies_at: float) -> Law:
    def law(rate: float) -> float:
        fall = 1 / (1 + math.exp(-4 * math.log10(rate / falls_at)))
        return 2 - fall + (3 if rate > flies_at else 0) + 0.03 * math.sin(1e9 * rate)

    return law


def test_steepest_and_diverging_rates_are_told_with_the_scripts_own_place() -> None:
    facts = values(run(Bench(valley(1e-3, 1.0))))
    assert facts["own_rate"] == 0.01
    assert float(str(facts["own_over_steepest"])) == pytest.approx(10.0, rel=0.8)
    assert float(str(facts["own_over_diverging"])) == pytest.approx(0.01, rel=0.5)


def test_a_loss_that_is_lost_shows_where_it_diverges() -> None:
    law = valley(1e-3, 100.0)
    facts = values(run(Bench(lambda rate: None if rate > 0.1 else law(rate))))
    assert float(str(facts["diverging_rate"])) == pytest.approx(0.1, rel=0.1)


def test_what_falls_again_after_it_was_thrown_off_is_no_good_rate() -> None:
    law = valley(1e-3, 0.1)
    facts = values(run(Bench(lambda rate: (law(rate) or 0.0) + (50 if 0.1 < rate < 1 else 0))))
    assert float(str(facts["steepest_rate"])) == pytest.approx(1e-3, rel=0.8)
    assert float(str(facts["diverging_rate"])) == pytest.approx(0.1, rel=0.5)


def test_where_nothing_falls_no_rate_is_the_steepest() -> None:
    assert values(run(Bench(lambda rate: 2 + 0.1 * math.sin(1e9 * rate)))) == {"own_rate": 0.01}


@pytest.mark.parametrize(
    ("bench", "why"),
    [
        (Bench(valley(1e-3, 1.0), steps=40), "fewer than 60"),
        (Bench(valley(1e-3, 1.0), left=0.5), "no time was left"),
        (Bench(valley(1e-3, 1.0), steered=Steered(0, "no optimizer")), "could change nothing: no optimizer"),
    ],
)
def test_what_can_not_be_swept_is_told(bench: Bench, why: str) -> None:
    with pytest.raises(CannotMeasure, match=why):
        run(bench)
