"""Tests of a learning rate that rises to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import LayerSample, PassCut, RunEnded, Trace
from probes import step_size
from tests.traces import StillBench, iterations, line, model, values

RISING = [1e-6 * n for n in range(1, 61)]


@pytest.mark.parametrize(
    ("rates", "how", "cuts", "said"),
    [
        (RISING, "finished", [], (True, True)),
        (RISING, "stopped", [], (True, False)),
        (RISING, "finished", [PassCut(0, 0, 5, 100)], (True, False)),  # a rehearsal ends before the warm-up could
        ([*RISING[:30], *[3e-5] * 30], "finished", [], (False, False)),
    ],
)
def test_a_warm_up_longer_than_the_training_is_told_from_one_that_was_not_seen_to_end(
    rates: Sequence[float], how: str, cuts: list[PassCut], said: tuple[bool, bool]
) -> None:
    rows = [replace(row, learning_rate=rate) for row, rate in zip(iterations([1.0] * 60), rates, strict=True)]
    name = "0:0.weight"
    samples = [LayerSample(n, 0, {name: 1.0}, {name: 1.0}, {name: 1e-5}, {name: 1e-3}) for n in (10, 60)]
    trace = Trace(
        models={0: model("Linear")},
        optimizers={0: OptimizerSeen(0, "Adam", line(3), (GroupSeen(rates[-1], 0.0, 0.9, (name,)),), 0, 0)},
        iterations=rows,
        layers=samples,
        cuts=cuts,
        ended=RunEnded(how, 0, 2.0),
    )
    found = values(step_size.run(StillBench(trace)))
    assert (found["rate_still_rises"], found["ends_in_warm_up"]) == said
