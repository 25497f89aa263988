"""The time that a loop waits for its batches is told apart from the time that it works on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from nndoctor.worker import waits
from nndoctor.worker.waits import Waits


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = self.computed = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(waits, "perf_counter", clock)
    monkeypatch.setattr(waits, "thread_time", lambda: clock.computed)
    yield clock


def drawn(known: Waits, clock: Clock, times: list[tuple[float, float]], slowed: float = 1.0) -> None:
    """A pass in which so many seconds are waited and then worked."""
    known.passes()
    for waited, worked in times:
        known.begins()
        clock.now += waited
        known.ends([torch.zeros(8, 2), torch.zeros(8)])
        clock.now += worked
        clock.computed += worked / slowed


def test_four_windows_with_waits_and_work(clock: Clock) -> None:
    known = Waits()
    drawn(known, clock, [(3.0, 1.0)] * 42)
    assert [(one.draws, one.samples) for one in known.windows()] == [(10, 80)] * 4
    assert [one.waited for one in known.windows()] == pytest.approx([30.0] * 4)
    assert [one.busy for one in known.windows()] == pytest.approx([10.0] * 4)


def test_the_start_of_workers_is_no_wait(clock: Clock) -> None:
    known = Waits()
    for _ in range(4):
        drawn(known, clock, [(60.0, 1.0)] * 2 + [(0.5, 1.0)] * 10)
    assert [one.waited for one in known.windows()] == pytest.approx([5.0] * 4)


def test_a_step_that_we_looked_at_closely_is_no_work_of_the_loop(clock: Clock) -> None:
    known = Waits()
    drawn(known, clock, [(1.0, 1.0)] * 2 + [(1.0, 50.0 if step % 20 == 5 else 1.0) for step in range(80)])
    assert [one.busy for one in known.windows()] == pytest.approx([20.0] * 4)


def test_a_few_draws_tell_nothing(clock: Clock) -> None:
    known = Waits()
    drawn(known, clock, [(1.0, 1.0)] * 6)
    assert known.windows() == ()


def test_a_machine_that_is_busy_stretches_all_that_the_loop_does(clock: Clock) -> None:
    known = Waits()
    drawn(known, clock, [(1.0, 1.0)] * 42, slowed=5.0)
    assert [one.stretched for one in known.windows()] == pytest.approx([5.0] * 4)
