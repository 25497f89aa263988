"""Tests of what is told of the targets of a loss."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import targets
from tests.traces import StillBench, batch, graph, iterations, line, loss_call, tensor, values


def told(*calls: Any, **trace: Any) -> Any:
    return values(targets.run(StillBench(Trace(losses=list(calls), **trace))))


def yes_or_no(low: float, high: float, **fields: Any) -> Any:
    target = tensor((20,), minimum=low, maximum=high)
    return loss_call(0, function="binary_cross_entropy_with_logits", input=tensor((20,)), target=target, **fields)


@pytest.mark.parametrize(("low", "high", "beyond"), [(0, 1, False), (-0.03, 1.05, False), (0, 3, True), (-1, 1, True)])
def test_targets_beyond_zero_and_one(low: float, high: float, *, beyond: bool) -> None:
    assert told(yes_or_no(low, high))["beyond_unit_interval"] is beyond


def test_marks_that_a_mask_or_a_weight_takes_out_do_not_count() -> None:
    assert told(yes_or_no(-1, 1, reduction="none", value=None))["beyond_unit_interval"] is False
    assert told(yes_or_no(-1, 1, weighted=True))["beyond_unit_interval"] is False
    assert told(yes_or_no(0, 3, weighted=True, value=-8.0))["beyond_unit_interval"] is True


def rows(mean: float, *, binary: bool = True, shape: tuple[int, int] = (50, 6), content: str = "") -> Any:
    spread = (mean * (1 - mean)) ** 0.5 if binary else 0.1
    target = tensor(shape, content, mean=mean, std=spread, minimum=0.0, maximum=1.0)
    return loss_call(0, input=tensor(shape), target=target)


def test_rows_that_sum_to_more_than_one_name_several_classes() -> None:
    found = told(rows(0.4))
    assert found["several_classes"] is True
    assert found["classes_per_sample"] == pytest.approx(2.4)


def test_one_hot_and_soft_rows_name_one() -> None:
    assert told(rows(1 / 6))["several_classes"] is False
    assert told(rows(1 / 6, binary=False))["several_classes"] is False
    assert told(loss_call(0))["several_classes"] is False


def test_pairs_of_samples_and_bags_that_are_their_own_target_are_meant() -> None:
    assert told(rows(0.2, shape=(50, 50)))["several_classes"] is False
    own = batch(0, inputs=(tensor((50, 6), "bag"),))
    assert told(rows(0.4, content="bag"), batches=[own])["several_classes"] is False


def squared(before: tuple[str, ...], *, content: str = "", binary: bool = True) -> Any:
    spread = 0.3 if not binary else (0.25 * 0.75) ** 0.5
    target = tensor((20, 4), content, mean=0.25, std=spread, minimum=0.0, maximum=1.0)
    call = loss_call(0, function="mse_loss", input=tensor((20, 4), requires_grad=True), target=target, place=line(3))
    return told(call, graphs=[graph(0, head="mse_loss", before=before)], batches=[batch(0, "picture")])


def test_squared_error_of_probabilities_against_zeros_and_ones() -> None:
    assert squared(("softmax",))["squared_error_of_classes"] is True
    assert squared(("sigmoid",))["squared_error_of_classes"] is True
    assert squared(())["squared_error_of_classes"] is False
    assert squared(("softmax",), binary=False)["squared_error_of_classes"] is False


def test_an_autoencoder_of_black_and_white_pictures_is_no_classifier() -> None:
    call = loss_call(
        0,
        function="mse_loss",
        input=tensor((20, 8), requires_grad=True),
        target=tensor((20, 8), "picture", mean=0.25, std=(0.25 * 0.75) ** 0.5, minimum=0.0, maximum=1.0),
    )
    seen = {"graphs": [graph(0, head="mse_loss", before=("sigmoid",))], "batches": [batch(0, "picture")]}
    assert told(call, **seen)["squared_error_of_classes"] is False


def test_without_a_call_there_is_nothing_to_tell() -> None:
    with pytest.raises(CannotMeasure):
        told()


def summed(loss: float) -> Any:
    calls = [loss_call(n, value=40.0, reduction="sum") for n in range(5)]
    return told(*calls, iterations=iterations([loss] * 5))["summed_terms"]


def test_a_sum_counts_its_terms_unless_it_is_divided_afterwards() -> None:
    assert summed(40.0) == 20
    assert summed(2.0) == 0


def test_a_sum_that_blows_up_is_told_by_what_came_before() -> None:
    calls = [loss_call(n, value=40.0 if n < 2 else None, reduction="sum") for n in range(8)]
    blown: list[float | None] = [40.0, 40.0, *[None] * 6]
    assert told(*calls, iterations=iterations(blown))["summed_terms"] == 20


@pytest.mark.parametrize(
    ("shape", "target", "named"),
    [((20, 8), (160,), True), ((20, 8), (140,), True), ((20, 8), (20,), False), ((20,), (20,), False)],
)
def test_each_token_of_a_sequence_may_have_a_class(
    shape: tuple[int, ...], target: tuple[int, ...], *, named: bool
) -> None:
    call = loss_call(0, target=tensor(target, dtype="int64"), labels={"0": 15.0, "1": 5.0})
    fed = batch(0, inputs=(tensor(shape, dtype="int64"),))
    assert told(call, batches=[fed])["class_for_each_token"] is named
    assert told(call, batches=[batch(0, inputs=(tensor(shape),))])["class_for_each_token"] is False
