"""Tests of the experiment with evaluation inputs like those of training."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.given import EvaluatedLikeTraining
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Steered, Trace
from probes import aligned_evaluation
from tests.traces import batch, looked, tensor, trained, values


def evaluated(*losses: float, mean: float = 5.0, applied: int = 9) -> Trace:
    shown = tensor((100, 2), "v", channel_mean=(mean, mean), channel_std=(1.0, 1.0))
    own = tensor((100, 2), "t", channel_mean=(0.0, 0.0), channel_std=(1.0, 1.0))
    return Trace(
        batches=[
            batch(0, "t", inputs=(own,)),
            *(batch(50 * n, "v", evaluating=True, training=False, loader=1, inputs=(shown,)) for n in (1, 2, 3, 4)),
        ],
        passes=[
            trained(), *(looked(iteration=50 * n, loss=loss) for n, loss in enumerate(losses, start=1))
        ],
        steered=Steered(applied),
    )  # fmt: skip


@dataclass
class Bench:
    trace: Trace
    treated: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == EvaluatedLikeTraining("statistics")
        return self.treated

    def seconds_left(self) -> float:
        return 100.0


def test_the_later_looks_are_compared() -> None:
    found = values(aligned_evaluation.run(Bench(evaluated(9.0, 8.0, 4.0, 4.0), evaluated(9.0, 9.0, 1.0, 1.0))))
    assert found == {"by": "statistics", "loss_as_is": 4.0, "loss_treated": 1.0, "gain": 0.75, "better_share": 1.0}


def test_a_change_that_could_not_be_made_tells_nothing() -> None:
    with pytest.raises(CannotMeasure):
        aligned_evaluation.run(Bench(evaluated(4.0), evaluated(1.0, applied=0)))
    with pytest.raises(CannotMeasure):
        aligned_evaluation.run(Bench(evaluated(4.0), Trace(steered=Steered(1))))
