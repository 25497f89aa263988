"""Tests of the outputs of a classifier."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import output_width
from tests.traces import StillBench, loss_call, tensor, values

ONE = tensor((20, 1), requires_grad=True)


def test_a_single_score_leaves_nothing_to_choose() -> None:
    calls = [loss_call(step, input=ONE, target=ONE, value=0.0) for step in range(3)]
    assert values(output_width.run(StillBench(Trace(losses=calls)))) == {"single_unit": True, "loss_is_zero": True}


def test_two_scores_do() -> None:
    calls = [loss_call(0, input=ONE, target=ONE, value=0.0), loss_call(1)]
    assert values(output_width.run(StillBench(Trace(losses=calls)))) == {"single_unit": False, "loss_is_zero": False}


def test_other_losses_are_no_matter() -> None:
    with pytest.raises(CannotMeasure):
        output_width.run(
            StillBench(Trace(losses=[loss_call(0, function="binary_cross_entropy_with_logits", input=ONE)]))
        )
