from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Pass, Trace
from probes import validation_noise
from tests.traces import StillBench, iterations, looked, trained, values


def measured(losses: list[float], accuracies: list[float | None] | None = None) -> dict[str, object]:
    passes: list[Pass] = []
    for n, loss in enumerate(losses):
        accuracy = accuracies[n] if accuracies else None
        passes += [
            trained(iteration=10 * n),
            looked(iteration=10 * n + 10, loss=loss, accuracy=accuracy, samples=400),
        ]
    return dict(values(validation_noise.run(StillBench(Trace(passes=passes, iterations=iterations([1.0] * 200))))))


def test_a_steady_fall_does_not_jump() -> None:
    facts = measured([1.0 - 0.08 * n for n in range(10)], [0.5 + 0.04 * n for n in range(10)])
    assert facts["looks"] == 10
    assert facts["loss_jumps"] == pytest.approx(0.0, abs=1e-9)
    assert facts["accuracy_jumps_in_errors"] == pytest.approx(0.0, abs=1e-9)


def test_up_and_down_does() -> None:
    facts = measured([0.5, 1.5] * 6, [0.9, 0.4] * 6)
    assert facts["loss_jumps"] == pytest.approx(1.0 / (0.6745 * 1.5**0.5) / 1.0, rel=0.5)
    assert facts["accuracy_jumps"] == pytest.approx(0.5 / (0.6745 * 1.5**0.5))
    assert facts["accuracy_jumps_in_errors"] > 10  # type: ignore[operator]


def test_a_single_outlier_is_no_habit() -> None:
    assert measured([1.0] * 16 + [9.0] + [1.0] * 7)["loss_jumps"] == pytest.approx(0.0)


def test_without_an_evaluation_nothing_can_be_said() -> None:
    with pytest.raises(CannotMeasure):
        measured([])
