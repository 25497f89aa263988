"""Tests of what a network is sure of and wrong about."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import sure_mistakes
from tests.traces import StillBench, iterations, looked, loss_call, trained, values

EACH = 30
LOSSES = [0.9, 0.6, 0.6, 0.7, 0.9, 1.1, 1.3, 1.5]
FELL = [0.7, 0.95, 0.95, 0.9, 0.8, 0.75, 0.7, 0.7]
LABELS = {"0": 25.0, "1": 25.0}


def measured(
    accuracies: Sequence[float], right: float = 0.6, sure: float | None = 0.6, labels: dict[str, float] = LABELS
) -> dict[str, object]:
    passes = []
    for n, (loss, accuracy) in enumerate(zip(LOSSES, accuracies, strict=True), start=1):
        passes += [
            trained(iteration=EACH * (n - 1)),
            looked(iteration=EACH * n, loss=loss, accuracy=accuracy, samples=400),
        ]
    curve = iterations([0.98**n for n in range(EACH * len(LOSSES))])
    calls = [loss_call(row.index, labels=labels, accuracy=right, sure_accuracy=sure) for row in curve]
    return dict(values(sure_mistakes.run(StillBench(Trace(passes=passes, iterations=curve, losses=calls)))))


def test_wrong_labels_are_met_where_the_network_is_sure_too() -> None:
    facts = measured(FELL)
    assert facts["sure_mistakes_over_all"] == pytest.approx(1.0)
    assert facts["mistakes"] == pytest.approx(0.4)
    assert facts["lost_in_errors"] > 10  # type: ignore[operator]
    assert facts["gap_in_errors"] < -10  # type: ignore[operator]


def test_where_classes_overlap_it_is_the_unsure_answers_that_are_wrong() -> None:
    assert measured(FELL, 0.6, 0.95)["sure_mistakes_over_all"] == pytest.approx(0.125)


def test_a_validation_that_holds_has_lost_nothing() -> None:
    assert measured([0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9])["lost_in_errors"] == pytest.approx(0.0, abs=5)
    assert measured([0.7, 0.8, 0.85, 0.9, 0.9, 0.9, 0.9, 0.9])["lost_in_errors"] < 0  # type: ignore[operator]


def test_a_few_mistakes_tell_nothing_of_where_they_lie() -> None:
    assert "sure_mistakes_over_all" not in measured(FELL, right=0.998, sure=1.0)


def test_without_classes_or_looks_there_is_nothing_to_tell() -> None:
    with pytest.raises(CannotMeasure):
        sure_mistakes.run(StillBench(Trace()))
