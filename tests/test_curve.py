"""Which losses are a yardstick: a lower one means a better net."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from nndoctor.curve import curves, is_yardstick, main_curve
from nndoctor.trace import Iteration, Trace
from tests.traces import iterations


def judged(losses: list[float | None]) -> bool:
    trace = Trace(iterations=iterations(losses, optimizer=0))
    curve = main_curve(trace)
    assert curve is not None
    return is_yardstick(trace, curve)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([2.0 - 0.01 * n for n in range(150)], True),
        # a likelihood that falls below zero crosses it once
        ([1.0 - 0.02 * n for n in range(150)], True),
        # a policy gradient's: an advantage of mean 0 times a log-probability
        ([0.1 * math.sin(n * n) for n in range(150)], False),
    ],
)
def test_a_loss_that_swings_about_zero_has_no_floor(losses: list[float | None], said: bool) -> None:
    assert judged(losses) is said


def test_iterations_that_were_slept_through_belong_to_the_training_that_was_on() -> None:
    own = iterations([1.0] * 30, optimizer=0) + iterations([0.5] * 90, optimizer=1)
    rows = [
        replace(row, index=n, optimizer=row.optimizer if n < 5 or 30 <= n < 35 else -1) for n, row in enumerate(own)
    ]
    found = curves(Trace(iterations=rows))
    assert [(curve.optimizer, len(curve.steps), curve.stepped) for curve in found] == [(0, 30, 30), (1, 90, 90)]


def test_two_nets_that_take_turns_keep_their_own_curves_while_nobody_looks() -> None:
    rows = [
        Iteration(n, n * 0.01, 1.0, curve=n % 2, optimizer=n % 2 if n < 10 or n % 7 == 0 else -1) for n in range(200)
    ]
    found = curves(Trace(iterations=rows))
    assert [(curve.site, curve.optimizer, len(curve.steps)) for curve in found] == [(0, 0, 100), (1, 1, 100)]
