"""Tests of the outputs of a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from nndoctor.case import FactValue
from nndoctor.probe import CannotMeasure
from nndoctor.seen import LossCall
from nndoctor.trace import Trace
from probes import output_width
from tests.traces import StillBench, graph, loss_call, tensor, values

ONE = tensor((20, 1), requires_grad=True)


def told(*calls: LossCall, before: tuple[str, ...] = ()) -> Mapping[str, FactValue]:
    return values(output_width.run(StillBench(Trace(losses=list(calls), graphs=[graph(0, before=before)]))))


def test_a_single_score_leaves_nothing_to_choose() -> None:
    found = told(*(loss_call(step, input=ONE, target=ONE, value=0.0) for step in range(3)))
    assert found == {"single_unit": True, "loss_is_zero": True, "always_one": False}


def test_two_scores_do() -> None:
    found = told(loss_call(0, input=ONE, target=ONE, value=0.0), loss_call(1))
    assert found == {"single_unit": False, "loss_is_zero": False, "always_one": False}


@pytest.mark.parametrize(
    ("lowest", "before", "said"),
    [(1.0, ("softmax",), True), (0.4, ("softmax",), False), (1.0, ("sigmoid",), False), (1.0, (), False)],
)
def test_a_softmax_of_one_output_gives_ones_to_any_loss(lowest: float, before: tuple[str, ...], *, said: bool) -> None:
    given = replace(ONE, minimum=lowest, maximum=1.0)
    found = told(loss_call(0, function="binary_cross_entropy", input=given), before=before)
    assert found == {"single_unit": False, "loss_is_zero": False, "always_one": said}


def test_without_a_loss_of_torch_nothing_is_told() -> None:
    with pytest.raises(CannotMeasure):
        output_width.run(StillBench(Trace()))
