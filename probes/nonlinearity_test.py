"""Tests of what lies between the layers."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, GroupSeen, OpSeen, OptimizerSeen
from nndoctor.trace import Trace
from probes import nonlinearity
from tests.traces import StillBench, line, model, values


def op(name: str, *shapes: tuple[int, ...]) -> OpSeen:
    return OpSeen(name, line(3), takes_grad=True, gives_grad=True, grad_mode=True, floating=True, shapes=shapes)


def linear(inputs: int, outputs: int) -> OpSeen:
    return op("linear", (20, inputs), (outputs, inputs), (outputs,))


def told(*forwards: tuple[OpSeen, ...]) -> Any:
    trace = Trace(
        models={0: model("Linear")},
        optimizers={0: OptimizerSeen(0, "Adam", line(7), (GroupSeen(1e-3, 0.0, 0.9, ("0:0.weight",)),), 0, 0)},
        forwards=[ForwardSeen(0, n, ops) for n, ops in enumerate(forwards)],
    )
    return values(nonlinearity.run(StillBench(trace)))


FIRST, LAST = linear(8, 64), linear(64, 3)


def test_layers_with_sums_between_them_are_one_layer() -> None:
    between = (op("dropout", (20, 64)), op("batch_norm", (20, 64)), op("mul", (20, 64)), op("add", (20, 64), (20, 64)))
    found = told((FIRST, *between, LAST, op("softmax", (20, 3))))
    assert found == {"affine": True, "layers": 2.0, "narrowest_over_ends": 64 / 3}


@pytest.mark.parametrize("bend", [op("relu", (20, 64)), op("mul", (20, 64), (20, 64)), op("max_pool2d", (20, 64))])
def test_anything_else_bends(bend: OpSeen) -> None:
    assert told((FIRST, bend, LAST))["affine"] is False
    assert told((FIRST, LAST), (FIRST, bend, LAST))["affine"] is False


def test_a_factorisation_is_narrower_than_its_ends() -> None:
    assert told((linear(30, 4), linear(4, 12)))["narrowest_over_ends"] == pytest.approx(1 / 3)


def test_a_single_layer_is_not_judged() -> None:
    with pytest.raises(CannotMeasure):
        told((FIRST,))
