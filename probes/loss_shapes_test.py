"""Tests of the shapes in the loss."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.case import Place
from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, LossCall, LossPathSeen, OpSeen, TensorSeen
from nndoctor.trace import Trace
from probes import loss_shapes

LINE = Place("/u/train.py", 9, "loss = ((pred - y) ** 2).mean()")


@dataclass
class Bench:
    trace: Trace


def op(name: str, *shapes: tuple[int, ...], takes: bool = True) -> OpSeen:
    return OpSeen(name, LINE, takes_grad=takes, gives_grad=takes, grad_mode=True, floating=True, shapes=shapes)


def cross(*ops: OpSeen) -> object:
    trace = Trace(loss_paths=[LossPathSeen(0, ops)])
    return loss_shapes.run(Bench(trace)).values["cross"].value  # type: ignore[arg-type]


def call(
    one: tuple[int, ...], other: tuple[int, ...], *, function: str = "mse_loss", evaluating: bool = False
) -> LossCall:
    return LossCall(
        function=function,
        place=LINE,
        iteration=0,
        evaluating=evaluating,
        inside_model=False,
        input=TensorSeen("input", one, "float32"),
        target=TensorSeen("target", other, "float32"),
        value=1.0,
        reduction="mean",
    )


def of_call(one: LossCall) -> object:
    return loss_shapes.run(Bench(Trace(losses=[one]))).values["cross"].value  # type: ignore[arg-type]


@pytest.mark.parametrize("shapes", [((32, 1), (32,)), ((32,), (32, 1)), ((8, 1, 6, 6), (8, 6, 6))])
def test_samples_that_meet_other_samples_cross(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert cross(op("sub", *shapes)) is True
    assert of_call(call(*shapes)) is True


@pytest.mark.parametrize(
    "shapes",
    [
        ((32, 1), (32, 1)),
        ((32, 4), (32, 1)),  # quantiles
        ((32, 8, 1), (32, 1, 8)),  # pairs of quantiles
        ((32, 1), (1, 32)),  # pairs, written out
        ((32, 1), (20,)),  # bins
        ((32, 1), ()),
        ((1, 1), (1,)),
        ((32, 3, 4), (4,)),
    ],
)
def test_tables_that_are_meant_do_not(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert cross(op("sub", *shapes)) is False
    assert of_call(call(*shapes)) is False


def test_scores_unsqueezed_by_hand_are_paired_on_purpose() -> None:
    assert cross(op("__getitem__", (32,)), op("sub", (32, 1), (32,))) is False
    assert cross(op("unsqueeze", (32,)), op("sub", (32, 1), (32,))) is False
    assert cross(op("unsqueeze", (8,)), op("sub", (32, 1), (32,))) is True


def test_an_evaluation_and_operations_without_gradient_do_not_count() -> None:
    assert of_call(call((32, 1), (32,), evaluating=True)) is False
    assert cross(op("sub", (32, 1), (32,), takes=False)) is False
    assert cross(op("eq", (32, 1), (32,))) is False


def test_the_size_of_the_table_and_the_line_are_told() -> None:
    trace = Trace(loss_paths=[LossPathSeen(0, (op("sub", (32, 1), (32,)),))])
    values = loss_shapes.run(Bench(trace)).values  # type: ignore[arg-type]
    assert values["table_over_batch"].value == 32
    assert values["cross"].where == (LINE,)
    assert (values["predictions"].value, values["targets"].value) == ("(32, 1)", "(32,)")


def test_a_loss_within_the_model_is_looked_at_after_its_last_layer() -> None:
    inside = (op("sub", (32, 1), (32,)), op("linear", (32, 4), (1, 4)), op("sub", (32, 1), (32, 1)))
    trace = Trace(forwards=[ForwardSeen(0, 0, inside)])
    assert loss_shapes.run(Bench(trace)).values["cross"].value is False  # type: ignore[arg-type]
    trace = Trace(forwards=[ForwardSeen(0, 0, (*inside, op("mul", (32,), (32, 1))))])
    assert loss_shapes.run(Bench(trace)).values["cross"].value is True  # type: ignore[arg-type]


def test_nothing_seen_cannot_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        loss_shapes.run(Bench(Trace()))  # type: ignore[arg-type]
