"""Tests of how many values batch normalisation averages."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, OpSeen
from nndoctor.trace import Trace
from probes import batch_norm_values
from tests.traces import StillBench, line, model, values

Shape = tuple[int, ...]


def op(name: str, number: int, shape: Shape) -> OpSeen:
    return OpSeen(name, line(number), True, True, True, True, shapes=(shape, (shape[1],)))  # noqa: FBT003


def told(*forwards: tuple[OpSeen, ...]) -> Trace:
    return Trace(forwards=[ForwardSeen(0, n, ops) for n, ops in enumerate(forwards)])


def test_the_layer_with_the_fewest_values_counts() -> None:
    net = (op("batch_norm", 5, (2, 8, 16, 16)), op("conv2d", 6, (2, 8, 1, 1)), op("batch_norm", 7, (2, 8, 1, 1)))
    found = batch_norm_values.run(StillBench(told(net, net)))
    assert values(found) == {"present": True, "fewest": 2.0}
    assert found.values["fewest"].where == (line(7),)


def test_a_small_last_batch_is_no_habit() -> None:
    full, rest = (op("batch_norm", 5, (32, 8)),), (op("batch_norm", 5, (2, 8)),)
    assert values(batch_norm_values.run(StillBench(told(full, full, rest))))["fewest"] == 32.0


def test_another_normalisation_is_none() -> None:
    assert values(batch_norm_values.run(StillBench(told((op("group_norm", 5, (2, 8)),))))) == {"present": False}


def test_nothing_is_told_where_no_operation_was_seen() -> None:
    with pytest.raises(CannotMeasure):
        batch_norm_values.run(StillBench(Trace()))
    with pytest.raises(CannotMeasure):
        batch_norm_values.run(StillBench(Trace(models={0: model("Linear", "BatchNorm1d")})))


def test_a_compiled_net_without_such_layers_has_none() -> None:
    assert values(batch_norm_values.run(StillBench(Trace(models={0: model("Linear")})))) == {"present": False}
