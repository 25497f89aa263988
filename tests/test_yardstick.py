"""Which losses are a yardstick: a lower one means a better net."""

from __future__ import annotations

import math

import pytest

from nndoctor.curve import main_curve
from nndoctor.trace import Trace
from nndoctor.yardstick import is_yardstick
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
