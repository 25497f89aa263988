"""The curves of a run: which iterations belong to which."""

from __future__ import annotations

from dataclasses import replace

from nndoctor.curve import curves
from nndoctor.trace import Iteration, Trace
from tests.traces import iterations


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
