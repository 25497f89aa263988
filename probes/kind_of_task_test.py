"""Tests of what the loss and its targets tell of the kind of task."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import kind_of_task
from tests.traces import StillBench, batch, loss_call, tensor, values


def seen_as(*calls: Any, **trace: Any) -> Any:
    return values(kind_of_task.run(StillBench(Trace(losses=list(calls), **trace))))["seen_as"]


def numbers(levels: int | None, high: float, *, low: float = 0.0, shape: tuple[int, ...] = (20,)) -> Any:
    target = tensor(shape, minimum=low, maximum=high, mean=high / 2)
    return loss_call(0, function="mse_loss", target=target, levels=levels)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (numbers(5, 4.0), "class_or_number"),
        (numbers(9, 10.0, low=1.0, shape=(20, 1)), "class_or_number"),
        (numbers(None, 4.0), "number"),
        (numbers(2, 1.0), "number"),  # zeros and ones: a least-squares classifier
        (numbers(18, 900.0), "number"),  # amounts leave gaps
        (numbers(5, 2.0, low=-2.0), "number"),
        (numbers(5, 4.0, shape=(20, 3)), "number"),  # pictures, several numbers a sample
    ],
)
def test_whole_numbers_without_gaps_may_be_classes(call: Any, kind: str) -> None:
    assert seen_as(call) == kind


def test_one_call_with_a_fraction_makes_all_of_them_numbers() -> None:
    assert seen_as(numbers(5, 4.0), numbers(None, 4.0)) == "number"


def test_a_batch_of_few_classes_leaves_it_open_and_one_without_a_gap_settles() -> None:
    assert seen_as(numbers(3, 9.0), numbers(8, 9.0)) == "class_or_number"


def drawn(mean: float) -> Any:
    spread = (mean * (1 - mean)) ** 0.5
    labels = tensor((20, 4), path="1", minimum=0.0, maximum=1.0, mean=mean, std=spread)
    return batch(0, drawn=(labels,))


def test_a_class_may_have_been_picked_from_several() -> None:
    call = loss_call(0, classes=4)
    assert seen_as(call, batches=[drawn(0.4)]) == "one_or_several"
    assert seen_as(call, batches=[drawn(0.25)]) == "one_of_several"
    assert seen_as(loss_call(0, classes=7), batches=[drawn(0.4)]) == "one_of_several"
    assert seen_as(call) == "one_of_several"


def test_rows_and_single_outputs_of_yes_and_no() -> None:
    single, rows = tensor((20, 1)), tensor((20, 6))
    assert seen_as(loss_call(0, function="binary_cross_entropy", target=single)) == "yes_or_no"
    assert seen_as(loss_call(0, function="binary_cross_entropy_with_logits", target=rows)) == "several_at_once"
    assert seen_as(loss_call(0, function="kl_div")) == "other"


def test_cross_entropy_of_several_labels() -> None:
    rows = tensor((50, 6), minimum=0.0, maximum=1.0, mean=0.4, std=0.24**0.5)
    assert seen_as(loss_call(0, input=rows, target=rows)) == "several_at_once"


def test_without_a_loss_of_torch_there_is_nothing_to_tell() -> None:
    with pytest.raises(CannotMeasure):
        seen_as()
