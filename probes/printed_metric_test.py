"""Tests of the numbers that are printed against what was counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from nndoctor.printed import lines_printed
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import printed_metric
from tests.traces import StillBench, batch, iterations, looked, loss_call, tensor, trained, values

RIGHT = (101, 163, 187, 190, 202)
Line = Callable[[int, int], str]


def measured(line: Line, right: Sequence[int] = RIGHT, samples: int = 240, batches: int = 5, words: int = 0) -> str:
    """`line` is printed after each evaluation, of its number and of the right predictions."""
    size = -(-samples // batches)
    passes, output = [], ""
    for number, count in enumerate(right):
        passes += [
            trained(iteration=number * 30),
            looked(iteration=(number + 1) * 30, samples=samples, calls=batches, accuracy=count / samples, loader=1),
        ]
        output += line(number, count) + "\n"
    trace = Trace(
        passes=passes,
        iterations=iterations([1.0] * 150),
        losses=[loss_call(30, evaluating=True, accuracy=0.5, target=tensor((words or size,), dtype="int64"))],
        batches=[batch(30, evaluating=True, loader=1, inputs=(tensor((size, 8)),))],
        printed=list(lines_printed(output)),
    )
    return str(values(printed_metric.run(StillBench(trace))).get("divided_by", "not told"))


@pytest.mark.parametrize(
    ("line", "divisor"),
    [
        (lambda n, right: f"epoch {n}: acc {right / 240:.3f}", "samples"),
        (lambda n, right: f"[{n}] {100 * right / 240}% lr 0.{n + 1}00", "samples"),
        (lambda n, right: f"epoch {n}: {right / 5:.2f}", "batches"),
        (lambda n, right: f"epoch {n}: {100 * right / 5:.0f} %", "batches"),
        (lambda n, right: f"epoch {n}: {right / 5} best so far", "batches"),
        (lambda n, right: f"epoch {n}: {right / 240 * 5 / 240:.3e}", "samples_and_batch_size"),
        # who prints both knows what both are
        (lambda n, right: f"epoch {n}: {right / 5:.2f} right a batch, {right / 240:.2f} of all", "samples"),
    ],
)
def test_numbers_are_known_by_their_course(line: Line, divisor: str) -> None:
    assert measured(line) == divisor


@pytest.mark.parametrize(
    "line",
    [
        lambda n, right: (
            f"epoch {n}, {right} of 240 right, {240 - right} wrong, {1 - right / 240:.3f}, {n * 3.17:.2f} s"
        ),
        lambda n, right: f"lr {0.1 * 0.5**n:.5f} loss {2.0 / (n + 1):.4f} f1 {right / 260:.4f}",
        # too coarse: whatever grows would do
        lambda n, right: f"{round(right / 50)}",
        lambda n, right: f"{right / 2400:.2f}",
        # once right, once not
        lambda n, right: f"{right / 5 if n else 7.0:.2f}",
        lambda n, right: f"saved as {n}e{right}9999 and {n}e-{right}9999",
        lambda n, right: "",
    ],
)
def test_no_other_number_is_taken_for_a_metric(line: Line) -> None:
    assert measured(line) == "none"


def test_what_may_be_printed_is_no_mistake_for_another_reason() -> None:
    def by_batch(batches: int) -> Line:
        return lambda n, right: f"epoch {n}: {right / batches:.2f}"

    assert measured(by_batch(1), batches=1) == "none"  # the count itself
    assert measured(by_batch(240), batches=240) == "samples"
    assert measured(by_batch(3), RIGHT, samples=300, batches=3) == "samples"  # batches of 100: per cent
    assert measured(lambda n, right: f"{100 * right / 100:.1f}", samples=6400, batches=100) == "none"
    # with 48 words in each of the 48 texts of a batch, the right words of a text are as many as that
    assert measured(by_batch(5), words=48 * 48) == "none"


def test_three_different_results_are_needed() -> None:
    assert measured(lambda n, right: f"{right / 5:.2f}", (101, 163)) == "not told"
    assert measured(lambda n, right: f"{right / 5:.2f}", (101, 163, 163, 101)) == "none"


def test_a_line_more_of_a_test_at_the_end_does_not_matter() -> None:
    def line(number: int, right: int) -> str:
        return f"acc {right / 5:.2f}" + ("\nacc 77.70" if number == len(RIGHT) - 1 else "")

    assert measured(line) == "batches"


def test_without_an_evaluation_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        printed_metric.run(StillBench(Trace(passes=[trained()])))
