"""Tests of what is told of a target that a loss refused."""

from __future__ import annotations

import pytest

from nndoctor.trace import Crash, TensorNamed, Trace
from probes import refused_target
from tests.traces import StillBench, line, tensor, values


def misfit(message: str, output: tuple[int, ...], target: tuple[int, ...], phase: str = "loss") -> object:
    given = TensorNamed("input", tensor(output)), TensorNamed("target", tensor(target))
    crash = Crash("RuntimeError", message, phase, line(9), (line(9),), variables=given)
    return values(refused_target.run(StillBench(Trace(crash=crash))))["misfit"]


SIZE = "Target size must be the same as input size"


@pytest.mark.parametrize(
    ("output", "target", "kind"),
    [
        ((8, 4), (8,), "number_for_classes"),
        ((8, 4), (8, 1), "number_for_classes"),
        ((2, 3, 9, 9), (2, 9, 9), "number_for_classes"),
        ((8, 1), (8,), "shape"),
        ((8,), (8, 1), "shape"),
        ((8, 4), (8, 3), "shape"),
        ((8, 4), (6,), "shape"),
    ],
)
def test_one_number_against_several_outputs_is_told_from_other_shapes(
    output: tuple[int, ...], target: tuple[int, ...], kind: str
) -> None:
    assert misfit(SIZE, output, target) == kind


def test_the_message_tells_the_type() -> None:
    assert misfit("expected target dtype to be Long or Byte, but got Float", (8, 4), (8,)) == "not_whole"
    assert misfit("0D or 1D target tensor expected, multi-target not supported", (8, 4), (8, 1)) == "column"


@pytest.mark.parametrize("mean", [0.4, 0.25])
def test_rows_of_several_ones_are_more_than_a_matter_of_type(mean: float) -> None:
    rows = tensor((8, 4), dtype="int64", minimum=0.0, maximum=1.0, mean=mean, std=(mean * (1 - mean)) ** 0.5)
    given = TensorNamed("input", tensor((8, 4))), TensorNamed("target", rows)
    message = "Expected floating point type for target with class probabilities, got Long"
    crash = Crash("RuntimeError", message, "loss", line(9), (line(9),), variables=given)
    found = values(refused_target.run(StillBench(Trace(crash=crash))))["misfit"]
    assert found == ("several_classes" if mean > 0.25 else "whole_probabilities")


def test_sizes_that_do_not_match_outside_of_the_loss_are_no_matter_of_the_target() -> None:
    message = "The size of tensor a (4) must match the size of tensor b (3)"
    assert misfit(message, (8, 4), (8, 3)) == "shape"
    assert misfit(message, (8, 4), (8, 3), "forward") == "none"
    assert misfit(message, (8, 4), (8, 3), "backward") == "none"


def test_a_run_that_did_not_fail_refused_nothing() -> None:
    assert values(refused_target.run(StillBench(Trace()))) == {"misfit": "none"}
