"""Tests of the experiment with one order for inputs and labels."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.data_changes import OneOrderForAll
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import BackwardSite, Pass, RunEnded, Steered, Trace
from probes import paired_order
from tests.traces import iterations, line, looked, loss_call, trained, values

LABELS = {"0": 10.0, "1": 10.0}


def course(end: float, speed: float, *looks: Pass) -> Trace:
    losses = [end + (0.7 - end) * speed**n for n in range(120)]
    return Trace(
        iterations=iterations(losses),
        sites={0: BackwardSite(0, line(9))},
        losses=[loss_call(0, value=0.7, labels=LABELS)],
        passes=[trained(), *looks],
        steered=Steered(3),
        ended=RunEnded("finished", 0, 1.0),
    )


@dataclass
class Bench:
    trace: Trace
    same: Trace
    kept: Trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert isinstance(intervention, OneOrderForAll)
        return self.kept if intervention.kept else self.same

    def seconds_left(self) -> float:
        return 100.0


BY_HEART, LEARNT, LOOKED = course(0.0, 0.999), course(0.05, 0.9), looked(iteration=60, loss=0.7)


def test_a_loss_that_falls_while_the_scripts_own_is_blind_is_told() -> None:
    found = values(paired_order.run(Bench(BY_HEART, LEARNT, BY_HEART)))
    assert float(str(found["loss_over_blind"])) < 0.5
    assert found["kept"] is False


def test_the_order_before_any_shuffling_is_tried_where_held_out_data_are_looked_at() -> None:
    found = values(paired_order.run(Bench(course(0.0, 0.999, LOOKED), BY_HEART, LEARNT)))
    assert found["kept"] is True
    with pytest.raises(CannotMeasure, match="no order"):
        paired_order.run(Bench(BY_HEART, BY_HEART, LEARNT))


def test_what_does_not_help_and_a_script_that_learns_anyway_tell_nothing() -> None:
    with pytest.raises(CannotMeasure, match="no order"):
        paired_order.run(Bench(BY_HEART, BY_HEART, BY_HEART))
    with pytest.raises(CannotMeasure, match="no order"):
        paired_order.run(Bench(course(0.0, 0.3), course(0.0, 0.2), BY_HEART))
