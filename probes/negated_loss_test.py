"""Tests of the experiment with the loss's sign turned."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.intervention import Intervention
from nndoctor.loss_changes import LossNegated
from nndoctor.probe import CannotMeasure
from nndoctor.trace import RunEnded, Trace
from probes import negated_loss
from tests.traces import iterations, values

AWAY = [-(1.2**n) for n in range(90)]


@dataclass
class Bench:
    trace: Trace
    turned: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == LossNegated()
        return self.turned

    def seconds_left(self) -> float:
        return 1000.0


def told(losses: list[float | None]) -> dict[str, object]:
    watched = Trace(iterations=iterations(AWAY), ended=RunEnded("finished", 0, 2.0))
    return dict(values(negated_loss.run(Bench(watched, Trace(iterations=iterations(losses))))))


def test_with_the_other_sign_it_settles() -> None:
    found = told([1.0 + 0.02 * min(n, 50) for n in range(90)])
    assert (found["moved"], found["end_over_start"]) == (True, pytest.approx(2.0, rel=0.1))
    assert found["as_is_over_start"] > 1e5  # type: ignore[operator]


def test_what_has_no_end_either_way_grows_again() -> None:
    assert told([1.2**n for n in range(90)])["end_over_start"] > 1e5  # type: ignore[operator]


def test_what_stands_still_did_not_move() -> None:
    assert told([1.0] * 90)["moved"] is False


def test_a_run_that_ends_in_nan_tells_nothing() -> None:
    with pytest.raises(CannotMeasure):
        told([1.0, *[None] * 89])
