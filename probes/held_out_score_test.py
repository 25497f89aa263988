"""Tests of what a network knows of held-out data."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import held_out_score
from tests.traces import StillBench, batch, iterations, looked, loss_call, trained, values

LABELS = {"0": 10.0, "1": 10.0}


def told(*looks: Any, **fields: Any) -> Any:
    calls = [loss_call(0, labels=LABELS), loss_call(50, labels=LABELS, evaluating=True, **fields)]
    trace = Trace(
        iterations=iterations([1.0] * 200), passes=[trained(), *looks], losses=calls, batches=[batch(0, "a")]
    )  # fmt: skip
    return values(held_out_score.run(StillBench(trace)))


def test_the_best_look_is_held_against_a_blind_answer() -> None:
    found = told(looked(loss=0.7, accuracy=0.5), looked(iteration=100, loss=1.4, accuracy=0.48))
    assert found["scored"] is True
    assert found["gain_over_blind"] == pytest.approx(-0.01, abs=1e-3)
    assert told(looked(loss=0.2))["gain_over_blind"] == pytest.approx(0.7115, abs=1e-3)


def test_the_accuracy_tells_where_there_is_no_loss() -> None:
    assert told(looked(accuracy=0.5))["gain_over_blind"] == pytest.approx(-0.2)
    assert told(looked(accuracy=0.9))["gain_over_blind"] == pytest.approx(0.6)


def test_a_sum_is_compared_by_its_mean() -> None:
    assert told(looked(loss=0.7), reduction="sum")["gain_over_blind"] == pytest.approx(-0.01, abs=1e-2)


def test_a_look_before_any_training_does_not_count_and_none_is_told() -> None:
    assert told(looked(iteration=0, loss=0.7)) == {"scored": False}
    with pytest.raises(CannotMeasure):
        held_out_score.run(StillBench(Trace()))
