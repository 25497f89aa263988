"""Tests of what is told of a scheduler's pace."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.scheduling import SchedulerSeen
from nndoctor.trace import Iteration, StepTotals, Trace
from probes import schedule
from tests.traces import StillBench, line, values


def told(rates: list[float], *, scheduled: int) -> dict[str, object]:
    rows = [Iteration(n, n * 0.01, 1.0, 0, optimizer=0, learning_rate=rate) for n, rate in enumerate(rates)]
    total = StepTotals(0, len(rates), 0, 0, 0, len(rates), schedule_before_step=False, tokens="", scheduled=scheduled)
    trace = Trace(iterations=rows, totals={0: total}, schedulers=[SchedulerSeen("StepLR", line(5))])
    return dict(values(schedule.run(StillBench(trace))))


def test_a_decay_that_is_stepped_at_every_batch_comes_to_nothing_early() -> None:
    facts = told([0.1 * 0.8**n for n in range(200)], scheduled=200)
    assert facts["steps_per_step"] == 1.0
    assert float(str(facts["collapsed_at"])) == pytest.approx(21 / 200)
    assert facts["fitting_interval"] == 10.0  # then it comes there at the end


def test_a_cosine_over_the_run_collapses_at_its_end_only() -> None:
    facts = told([0.1 * (1 - n / 200) for n in range(200)], scheduled=200)
    assert float(str(facts["collapsed_at"])) > 0.98


def test_a_rate_that_comes_back_has_not_collapsed() -> None:
    assert told([*[0.1] * 50, *[1e-5] * 100, *[0.1] * 50], scheduled=200)["collapsed_at"] == 1.0


def test_a_schedule_stepped_once_an_epoch_would_go_on_at_each_step() -> None:
    facts = told([0.004 + 0.0001 * (n // 40) for n in range(200)], scheduled=5)
    assert facts["steps_per_step"] == pytest.approx(0.025)
    assert facts["fitting_interval"] == 1.0


def test_a_warm_up_longer_than_the_run_would_go_faster() -> None:
    facts = told([0.00001 * n for n in range(200)], scheduled=200)
    assert facts["fitting_interval"] == pytest.approx(0.1)


def test_without_a_scheduler_none_is_stepped() -> None:
    assert told([0.1] * 30, scheduled=0) == {"steps_per_step": 0.0}


def test_without_an_optimizer_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        schedule.run(StillBench(Trace()))
