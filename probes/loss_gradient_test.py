"""Tests of how the gradient of a loss was lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, LossPathSeen, OpSeen
from nndoctor.trace import BackwardSite, Crash, Trace
from probes import loss_gradient
from tests.traces import StillBench, graph, line, model, trained, values

REFUSED = Crash(
    "RuntimeError",
    "element 0 of tensors does not require grad and does not have a grad_fn",
    "backward",
    line(9),
    (line(9),),
)
LINEAR = OpSeen("linear", line(3), takes_grad=True, gives_grad=True, grad_mode=True, floating=True)


def cut(name: str, **changes: Any) -> OpSeen:
    return replace(LINEAR, name=name, place=line(5), gives_grad=False, **changes)


def lost_by(*outside: OpSeen, refused: bool = True, **records: Any) -> Any:
    trace = Trace(
        models={0: model()},
        forwards=[ForwardSeen(0, 0, (LINEAR,))],
        loss_paths=[LossPathSeen(0, outside)],
        graphs=[graph(0, nodes=0)],
        sites={0: BackwardSite(0, line(9))},
        crash=REFUSED if refused else None,
    )
    for name, value in records.items():
        setattr(trace, name, value)
    return loss_gradient.run(StillBench(trace))


@pytest.mark.parametrize(
    ("op", "way"),
    [
        (cut("argmax", floating=False), "whole_numbers"),
        (cut("item"), "leaving_torch"),
        (cut("detach"), "detach"),
        (cut("add", grad_mode=False), "gradients_off"),
        (cut("polygamma"), "other"),
    ],
)
@pytest.mark.parametrize("refused", [True, False])
def test_the_last_operation_that_a_gradient_went_into_tells_how(op: OpSeen, way: str, *, refused: bool) -> None:
    found = lost_by(cut("gt", floating=False), op, refused=refused)
    assert values(found)["lost_by"] == way
    assert found.values["lost_by"].where == (line(5), line(9))


def test_with_every_weight_frozen_there_is_nothing_to_train() -> None:
    assert values(lost_by(models={0: model(trainable=False)}))["lost_by"] == "nothing_trainable"


def test_calls_without_gradient_alone_mean_that_gradients_are_off() -> None:
    assert values(lost_by(passes=[trained(grad_enabled=False)], loss_paths=[]))["lost_by"] == "gradients_off"


def test_a_loss_with_a_graph_is_not_lost_whatever_is_counted_beside_it() -> None:
    found = lost_by(cut("argmax", floating=False), refused=False, graphs=[graph(0, reached=("0:0.weight",))])
    assert values(found)["lost_by"] == "not_lost"


def test_one_loss_of_a_curve_without_a_graph_is_no_rule() -> None:
    graphs = [graph(0, nodes=0), graph(1, reached=("0:0.weight",))]
    assert values(lost_by(refused=False, graphs=graphs)) == {"lost_by": "not_lost", "lost_share": 0.5}


def test_nothing_is_told_of_a_run_without_backward() -> None:
    with pytest.raises(CannotMeasure):
        loss_gradient.run(StillBench(Trace()))
