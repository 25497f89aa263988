"""Tests of what is left of weights under decay."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import LayerSample, Trace
from probes import weight_pull
from tests.traces import StillBench, iterations, line, model, values


def told(decay: float, sizes: list[float], kind: str = "SGD") -> dict[str, object]:
    group = GroupSeen(0.1, decay, 0.9, ("0:0.weight",))
    trace = Trace(
        models={0: model("Linear")},
        optimizers={0: OptimizerSeen(0, kind, line(3), (group,), 0, 0)},
        iterations=iterations([1.0] * 30),
        layers=[LayerSample(n, 0, {}, {"0:0.weight": size}, {}, {}) for n, size in enumerate(sizes)],
    )
    return dict(values(weight_pull.run(StillBench(trace))))


def test_weights_that_shrink_under_decay() -> None:
    facts = told(0.5, [0.2, 0.1, 0.01])
    assert facts["decay"] == 0.5
    assert facts["shrunk_to"] == pytest.approx(0.05)


def test_what_the_decay_takes_a_step_is_told_where_it_is_not_adapted() -> None:
    assert told(0.5, [0.2, 0.1])["share_a_step"] == pytest.approx(0.05)
    assert "share_a_step" not in told(0.5, [0.2, 0.1], "Adam")


def test_without_decay_nothing_is_said_of_their_size() -> None:
    assert told(0.0, [0.2, 0.1]) == {"decay": 0.0, "share_a_step": 0.0}


def test_without_an_optimizer_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        weight_pull.run(StillBench(Trace()))
