"""Tests of the reach of the output."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import reachable_targets
from tests.traces import StillBench, line, loss_call, tensor, values

OUTPUT = tensor((20, 1), requires_grad=True)


def called(step: int, **fields: Any) -> Any:
    return loss_call(step, **{"function": "mse_loss", "input": OUTPUT, "target": tensor((20, 1)), **fields})


def told(*calls: Any) -> Any:
    return values(reachable_targets.run(StillBench(Trace(losses=list(calls)))))


def test_the_targets_beyond_are_told_with_the_error_that_they_leave() -> None:
    found = told(
        called(0, bounded_by="relu", beyond=0.4, floor=0.3), called(1, bounded_by="relu", beyond=0.6, floor=0.5)
    )
    assert found == {"bounded_by": "relu", "unreachable_share": 0.5, "floor_over_variance": 0.4}


def test_an_output_that_is_unbounded_at_any_step_reaches_all() -> None:
    assert told(called(0, bounded_by="relu", beyond=0.4, floor=0.3), called(1)) == {
        "bounded_by": "nothing",
        "unreachable_share": 0.0,
    }


def test_of_several_losses_the_worst_counts() -> None:
    sound = called(0, bounded_by="sigmoid", beyond=0.0, floor=0.0, place=line(8))
    assert told(sound, called(0, bounded_by="tanh", beyond=0.5, floor=0.2))["bounded_by"] == "tanh"


def test_losses_of_classes_and_those_that_train_nothing_are_no_matter() -> None:
    with pytest.raises(CannotMeasure):
        told(loss_call(0), called(0, input=tensor((20, 1)), bounded_by="relu", beyond=1.0, floor=1.0))
