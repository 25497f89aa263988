from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.data_changes import PassesRepeated
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import RunEnded, Steered, Trace
from probes import longer_training
from tests.traces import StillBench, iterations, looked, trained, values


def trace(losses: list[float], validation: float | None = None) -> Trace:
    passes = [trained(), looked(iteration=len(losses), loss=validation, samples=100)]
    return Trace(passes=passes, iterations=iterations(losses), ended=RunEnded("finished", 0, 2.0))


def line_down(steps: int, each: float = 0.001) -> list[float]:
    return [2.0 - each * n + 0.001 * (n % 2) for n in range(steps)]


@dataclass
class Bench(StillBench):
    longer: Trace
    left: float = 1e6

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == PassesRepeated(3)
        assert iterations is None
        return self.longer

    def seconds_left(self) -> float:
        return self.left


def measured(watched: Trace, longer: Trace, left: float = 1e6) -> dict[str, object]:
    return dict(values(longer_training.run(Bench(watched, longer, left))))


def test_a_training_cut_short_gains_three_times_as_much() -> None:
    facts = measured(trace(line_down(100), 1.9), trace(line_down(300), 1.7))
    assert facts["steps_over_as_is"] == 3.0
    assert facts["fall_share"] == pytest.approx(1 / 3, abs=0.03)
    assert facts["gain_over_noise"] > 5  # type: ignore[operator]
    assert facts["validation"] == "better"


def test_one_that_was_done_gains_nothing() -> None:
    done = line_down(100, 0.01)
    facts = measured(trace(done, 1.0), trace(done + 200 * done[-2:-1], 1.0))
    assert facts["fall_share"] > 0.9  # type: ignore[operator]
    assert facts["validation"] == "not better"


def test_without_a_validation_loss_nothing_is_said_of_it() -> None:
    assert measured(trace(line_down(100)), trace(line_down(300)))["validation"] == "none"


def test_what_could_not_be_lengthened_is_not_measured() -> None:
    by_hand = trace(line_down(100))
    by_hand.steered = Steered(0, "there was no DataLoader")
    for longer in (by_hand, trace(line_down(100))):
        with pytest.raises(CannotMeasure):
            measured(trace(line_down(100)), longer)


def test_without_time_for_it_the_script_is_not_run_again() -> None:
    with pytest.raises(CannotMeasure, match="no time"):
        measured(trace(line_down(100)), trace(line_down(300)), left=5.0)
