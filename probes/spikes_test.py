"""What the probe tells of curves that leap, that are noisy, and that rise for good."""

from __future__ import annotations

import random

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes.spikes import run
from tests.traces import StillBench, iterations, values


def falling(steps: int = 600, *, tails: bool = False) -> list[float]:
    """From 2 to 0.2 with noise of a tenth; with `tails`, one batch in ten is three times as hard."""
    draw = random.Random(0)  # noqa: S311
    losses = [(0.2 + 1.8 * 0.99**step) * draw.uniform(0.9, 1.1) for step in range(steps)]
    return [loss * (3 if tails and draw.random() < 0.1 else 1) for loss in losses]


def spikes(losses: list[float]) -> tuple[object, object]:
    facts = values(run(StillBench(Trace(iterations=iterations(losses)))))
    return facts["count"], facts["height_over_fall"]


def raised(losses: list[float], at: int, length: int, by: float) -> list[float]:
    return [loss + (by if at <= step < at + length else 0.0) for step, loss in enumerate(losses)]


def test_leaps_that_come_down_again_are_counted_and_measured() -> None:
    leaping = raised(raised(raised(falling(), 200, 6, 1.0), 350, 10, 1.2), 500, 8, 0.9)
    count, height = spikes(leaping)
    assert count == 3
    assert height == pytest.approx(1.0 / 1.5, rel=0.1)  # it had fallen by 1.5 when the first came


@pytest.mark.parametrize("losses", [falling(), falling(tails=True), raised(falling(), 300, 1, 2.0)])
def test_noise_and_single_hard_batches_are_no_spikes(losses: list[float]) -> None:
    assert spikes(losses) == (0.0, 0.0)


@pytest.mark.parametrize("length", [60, 300])
def test_another_task_or_a_rise_for_good_is_none(length: int) -> None:
    assert spikes(raised(falling(), 300, length, 1.0)) == (0.0, 0.0)


def test_where_the_spike_begins_is_told() -> None:
    found = run(StillBench(Trace(iterations=iterations(raised(falling(), 320, 6, 1.0)))))
    assert found.values["count"].step == 320


def test_a_short_training_has_no_middle() -> None:
    with pytest.raises(CannotMeasure):
        run(StillBench(Trace(iterations=iterations(falling(60)))))
