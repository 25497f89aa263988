"""Tests of the range of the labels, where a GPU tells late which of them did not fit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from nndoctor.case import Place
from nndoctor.probe import CannotMeasure
from nndoctor.seen import LossCall, TensorSeen
from nndoctor.trace import Crash, TensorNamed, Trace
from probes import label_range

LINE = Place("/u/train.py", 9, "loss = criterion(model(x), y)")


@dataclass
class Bench:
    trace: Trace


def tensor(shape: tuple[int, ...], low: float, high: float, dtype: str = "int64") -> TensorSeen:
    return TensorSeen("1", shape, dtype, minimum=low, maximum=high)


def outside(drawn: TensorSeen) -> object:
    scores, labels = tensor((8, 10), -3.0, 3.0, "float32"), tensor((8,), 0, 9)
    call = LossCall(
        "cross_entropy", LINE, 3, evaluating=False, inside_model=False, input=scores, target=labels, value=2.3,
        reduction="mean", ignore_index=-100, classes=10,
    )  # fmt: skip
    crash = Crash(
        "AcceleratorError",
        "CUDA error: device-side assert triggered",
        "backward",
        LINE,
        (LINE,),
        variables=(TensorNamed("drawn.1", drawn),),
    )
    trace = Trace(losses=[call], crash=crash)
    return label_range.run(Bench(trace)).values["outside"].value  # type: ignore[arg-type]


@pytest.mark.parametrize(("high", "is_outside"), [(9, False), (10, True)])
def test_labels_drawn_before_a_device_side_assert_are_held_against_the_classes(high: int, *, is_outside: bool) -> None:
    assert outside(tensor((8,), 0, high)) is is_outside


def test_whole_numbers_of_another_shape_are_no_labels() -> None:
    assert outside(tensor((8, 32), 0, 5000)) is False


@pytest.mark.parametrize(
    ("low", "high", "misfit"),
    [(0, 9, "none"), (1, 10, "counted_from_one"), (0, 255, "high_mark"), (-1, 9, "low_mark"), (0, 12, "other"),
     (-1, 255, "other")],
)  # fmt: skip
def test_how_labels_fail_to_fit_is_told(low: int, high: int, misfit: str) -> None:
    call = LossCall(
        "cross_entropy", LINE, 3, evaluating=False, inside_model=False, input=tensor((8, 10), -3.0, 3.0, "float32"),
        target=tensor((8,), low, high), value=2.3, reduction="mean", ignore_index=-100, classes=10,
    )  # fmt: skip
    fact = label_range.run(Bench(Trace(losses=[call]))).values["misfit"]  # type: ignore[arg-type]
    assert (fact.value, fact.where) == (misfit, (LINE,))


def test_tensors_that_the_failing_loss_was_not_given_are_not_taken_for_its_labels() -> None:
    given = TensorNamed("input", tensor((40,), 0.1, 0.9, "float32")), TensorNamed("target", tensor((40,), -1, 1))
    others = TensorNamed("x", tensor((2000, 8), -3, 3, "float32")), TensorNamed("y", tensor((2000,), -1, 1))
    crash = Crash("RuntimeError", "elements of target", "loss", LINE, (LINE,), variables=(*given, *others))
    with pytest.raises(CannotMeasure):
        label_range.run(Bench(Trace(crash=crash)))  # type: ignore[arg-type]
