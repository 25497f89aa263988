"""How far the runs of a trial go, and what is told of one, from records made by hand."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.scheduling import StoppedAfter
from nndoctor.trace import RunEnded, Trace
from nndoctor.worker.trial import WHOLE, iterations_for, judged, part_of
from tests.traces import iterations


def trace(losses: list[float | None], seconds: float, how: str = "finished") -> Trace:
    return Trace(iterations=iterations(losses), ended=RunEnded(how, 0, seconds, ()))


def test_runs_go_to_the_end_where_time_allows_and_else_as_far_as_it_does() -> None:
    whole = trace([1.0] * 1000, 10.0)
    assert iterations_for(whole, 60.0, 3) == WHOLE
    part = iterations_for(whole, 15.0, 3)  # 4 s a run, at 10 ms an iteration
    assert 300 <= part <= 400


def test_too_short_a_time_is_told_with_how_long_it_would_take() -> None:
    with pytest.raises(CannotMeasure, match=r"1 s were left.* about 38 s"):
        iterations_for(trace([1.0] * 1000, 10.0), 0.7, 3)


def test_a_part_of_the_way_does_not_end_before_the_change() -> None:
    whole = trace([1.0] * 1000, 10.0)
    assert part_of(whole, WHOLE, (StoppedAfter(250),)) == part_of(whole, WHOLE) == 250
    assert part_of(whole, WHOLE, (StoppedAfter(251),)) is None


def test_a_run_that_broke_off_is_given_enough_iterations_to_show_a_cure() -> None:
    assert iterations_for(trace([], 2.0, "exception"), 60.0, 3) == 200


def test_a_run_is_told_by_its_last_fifth_beside_the_watched_one() -> None:
    sick, treated = trace([2.0] * 100, 1.0), trace([2.0 - 0.019 * i for i in range(100)], 1.0)
    run = judged(treated, sick, {}, 30.0)
    assert run.loss_as_is == 2.0
    assert run.loss == pytest.approx(0.3, abs=0.05)
    assert run.curve is not None
    assert run.curve.y[-1] == pytest.approx(0.12, abs=0.05)


def test_a_run_without_a_curve_has_no_level() -> None:
    assert judged(trace([], 1.0, "exception"), trace([2.0] * 100, 1.0), {}, 30.0).loss is None
