"""Tests of the order of the axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nndoctor.layouts import AS_IS, LayoutSeen
from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, LossPathSeen, ModuleSeen, OpSeen
from nndoctor.trace import Crash, Trace
from probes import axis_order
from tests.traces import StillBench, batch, line, loss_call, model, tensor, trained, values

IMAGES = (8, 3, 20, 24)
SAMPLES, STEPS = 20, 50


def operation(name: str, *shapes: tuple[int, ...], result: tuple[int, ...] = ()) -> OpSeen:
    return OpSeen(
        name, line(7), takes_grad=True, gives_grad=True, grad_mode=True, floating=True, shapes=shapes, result=result
    )


def forward(*operations: OpSeen) -> ForwardSeen:
    return ForwardSeen(0, 0, operations)


def told(trace: Trace) -> Any:
    return values(axis_order.run(StillBench(trace)))


def layout(order: str, *likeness: float, shape: tuple[int, ...] = IMAGES, error: float = 0.02) -> LayoutSeen:
    return LayoutSeen(0, "0.0", shape, order, likeness, error)


def photographs(
    now: tuple[float, float], then: tuple[float, float], error: float = 0.02, first: str = "conv2d"
) -> Trace:
    layouts = [layout(AS_IS, 0.0, 0.0, *now, error=error), layout("0231", 0.0, 0.0, *then, error=error)]
    return Trace(layouts=layouts, forwards=[forward(operation(first, IMAGES))], passes=[trained()])


def recurrent(shape: tuple[int, ...], target: tuple[int, ...], first: float | None = 0.0, name: str = "lstm") -> Trace:
    net = model("LSTM" if first is not None else "MultiheadAttention")
    known = {} if first is None else {"batch_first": first}
    net = replace(net, modules=tuple(ModuleSeen(part.name, part.kind, known) for part in net.modules))
    seen = batch(0, output=tensor((target[0], 4)))
    call = loss_call(0, target=tensor(target, dtype="int64"))
    return Trace(models={0: net}, batches=[seen], losses=[call], forwards=[forward(operation(name, shape))])


def test_a_picture_that_is_smooth_only_in_another_order_is_scrambled() -> None:
    found = told(photographs((0.4, 0.0), (0.7, 0.7)))
    assert (found["fault"], found["layout"], found["neighbours_alike"]) == ("scrambled", "0231", 0.0)
    assert found["gain_in_errors"] == pytest.approx(24.7, abs=0.1)


@pytest.mark.parametrize(
    "trace",
    [
        photographs((0.7, 0.7), (0.1, 0.0)),  # smooth as it is
        photographs((0.0, 0.0), (0.1, 0.0)),  # noise in any order
        photographs((0.4, 0.0), (0.7, 0.1)),  # along one of two axes only
        photographs((0.2, 0.1), (0.6, 0.6), error=0.2),  # too few to tell
        photographs((0.4, 0.0), (0.7, 0.7), first="linear"),  # flattened: any order is as good
    ],
)
def test_other_pictures_are_not(trace: Trace) -> None:
    assert told(trace)["fault"] == "none"


@pytest.mark.parametrize(("features", "fault"), [(0.1, "scrambled"), (0.9, "none")])
def test_a_series_whose_features_are_alike_may_look_smooth_in_any_order(features: float, fault: str) -> None:
    shape = (8, 6, 50)
    layouts = [layout(AS_IS, 0.0, features, 0.2, shape=shape), layout("021", 0.0, 0.1, 0.9, shape=shape)]
    assert told(Trace(layouts=layouts, forwards=[forward(operation("conv1d", shape))]))["fault"] == fault


@pytest.mark.parametrize(
    ("shape", "first", "name"),
    [
        ((SAMPLES, STEPS, 8), 0.0, "lstm"),  # samples first, into layers that want the steps first
        ((STEPS, SAMPLES, 8), 1.0, "gru"),  # and the other way round
        ((SAMPLES, STEPS, 8), None, "multi_head_attention_forward"),
    ],
)
@pytest.mark.parametrize("target", [(SAMPLES,), (SAMPLES, 3)])
def test_layers_that_run_along_the_labelled_axis_take_samples_for_steps(
    shape: tuple[int, ...], first: float | None, name: str, target: tuple[int, ...]
) -> None:
    found = told(recurrent(shape, target, first, name))
    assert (found["fault"], found["samples"], found["steps"]) == ("samples_as_steps", SAMPLES, STEPS)


@pytest.mark.parametrize(
    ("shape", "target", "first"),
    [
        ((STEPS, SAMPLES, 8), (SAMPLES,), 0.0),  # steps first, as wanted
        ((SAMPLES, STEPS, 8), (SAMPLES,), 1.0),  # samples first, and said so
        ((STEPS, SAMPLES, 8), (STEPS, SAMPLES), 0.0),  # a label for each step of each sample
        ((SAMPLES, SAMPLES, 8), (SAMPLES,), 0.0),  # as many steps as samples
        ((SAMPLES, 1, 8), (SAMPLES,), 0.0),  # one series, a label a step
    ],
)
def test_other_layers_do_not(shape: tuple[int, ...], target: tuple[int, ...], first: float) -> None:
    assert told(recurrent(shape, target, first))["fault"] == "none"


def test_one_layer_along_the_steps_speaks_for_intent() -> None:
    trace = recurrent((SAMPLES, STEPS, 8), (SAMPLES,))
    both = (*trace.forwards[0].operations, operation("multi_head_attention_forward", (STEPS, SAMPLES, 8)))
    trace.forwards = [forward(*both)]
    assert told(trace)["fault"] == "none"


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ((8, 50, 6), (8, 6, 50), "reshaped"),
        ((8, 50, 1, 6), (8, 6, 50), "reshaped"),
        ((8, 50, 6), (8, 300), "none"),
        ((8, 50, 6), (8, 50, 1, 6), "none"),
        ((8, 50), (50, 8), "reshaped"),
    ],
)
def test_a_reshaping_to_the_same_sizes_in_another_order(
    before: tuple[int, ...], after: tuple[int, ...], fault: str
) -> None:
    one = operation("view", before, result=after)
    assert told(Trace(forwards=[forward(one)]))["fault"] == fault
    assert told(Trace(forwards=[forward()], loss_paths=[LossPathSeen(0, (one,))]))["fault"] == fault


def test_an_error_about_channels_on_the_last_axis_is_told() -> None:
    said = "expected input[2, 32, 32, 3] to have 3 channels, but got 32 channels instead"
    crash = Crash("RuntimeError", said, "forward", line(7), (line(7),))
    assert told(Trace(crash=crash))["fault"] == "channels_last"


def test_nothing_is_told_without_a_close_look() -> None:
    with pytest.raises(CannotMeasure):
        axis_order.run(StillBench(Trace()))


@pytest.mark.parametrize(
    ("result", "regrouped"), [((4, 20, 3, 2), True), ((1, 20, 24), True), ((20, 24), False), ((), False)]
)
def test_a_reshaping_that_does_not_keep_the_samples_first_regroups_them(
    result: tuple[int, ...], *, regrouped: bool
) -> None:
    trace = Trace(batches=[batch(0)], forwards=[forward(operation("view", (20, 4, 6), result=result))])
    assert told(trace)["samples_regrouped"] is regrouped
