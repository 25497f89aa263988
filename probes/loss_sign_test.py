"""Tests of the direction of a training."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ForwardSeen, GroupSeen, LossPathSeen, OpSeen, OptimizerSeen
from nndoctor.trace import BackwardSite, Trace
from probes import loss_sign
from tests.traces import StillBench, graph, iterations, line, loss_call, model, values

LABELS = {"0": 5.0, "1": 5.0, "2": 5.0, "3": 5.0}


def told(losses: list[float | None], *calls: Any, maximize: bool = False, **records: Any) -> Any:
    group = GroupSeen(1e-3, 0.0, 0.9, ("0:0.weight",), maximize)
    trace = Trace(
        models={0: model("Linear")},
        optimizers={0: OptimizerSeen(0, "Adam", line(7), (group,), 0, 0)},
        iterations=iterations(losses),
        sites={0: BackwardSite(0, line(12))},
        graphs=[graph(0, reached=("0:0.weight",))],
        losses=list(calls),
    )
    for name, value in records.items():
        setattr(trace, name, value)
    return loss_sign.run(StillBench(trace))


def called(*errors: float, **fields: Any) -> list[Any]:
    return [loss_call(step, value=error, labels=LABELS, **fields) for step, error in enumerate(errors)]


UP = (1.4, 2.0, 4.0, 8.0, 16.0)


def test_an_error_with_a_minus_in_front_is_made_larger() -> None:
    found = told([-error for error in UP], *called(*UP))
    assert values(found) == {"turned_by": "minus", "error_over_start": 4.0, "began_good": False, "runs_away": False}
    assert found.values["turned_by"].where == (line(11), line(12))


def test_an_error_that_is_maximised_is_made_larger() -> None:
    found = told(list(UP), *called(*UP), maximize=True)
    assert (values(found)["turned_by"], found.values["turned_by"].where) == ("maximize", (line(7),))
    assert values(told([-error for error in UP], *called(*UP), maximize=True))["turned_by"] == "nothing"


def test_an_error_that_goes_backward_as_it_is_or_beside_another_is_not() -> None:
    assert values(told(list(UP), *called(*UP)))["turned_by"] == "nothing"
    beside = called(*UP, function="mse_loss")
    assert values(told([-error for error in UP], *called(*UP), *beside))["turned_by"] == "nothing"


def test_trained_weights_that_are_spoilt_on_purpose_began_good() -> None:
    assert values(told([-0.1, -0.2, -2.0, -9.0], *called(0.1, 0.2, 2.0, 9.0)))["began_good"] is True
    with pytest.raises(CannotMeasure):
        told([-error for error in UP], *called(*UP), models={0: model("Linear", loaded=True)})


def likelihood(*names: str, losses: tuple[float, ...] = (-1.4, -2.0, -9.0, -30.0)) -> Any:
    ops = tuple(OpSeen(n, line(8), takes_grad=True, gives_grad=True, grad_mode=True, floating=True) for n in names)
    records: dict[str, Any] = {"forwards": [ForwardSeen(0, 0, ops[:2])], "loss_paths": [LossPathSeen(0, ops[2:])]}
    return values(told(list(losses), **records))["turned_by"]


def test_a_log_likelihood_without_its_minus_is_made_smaller() -> None:
    assert likelihood("linear", "log_softmax", "gather", "mean") == "no_minus"


@pytest.mark.parametrize("turned", ["neg", "mul", "__rsub__", "logsumexp"])
def test_what_may_turn_it_round_leaves_the_question_open(turned: str) -> None:
    assert likelihood("linear", "log_softmax", "gather", turned, "mean") == "nothing"


def test_a_log_density_above_zero_is_none_of_probabilities() -> None:
    assert likelihood("linear", "log_softmax", "gather", "mean", losses=(1.4, 1.2, 1.0, 0.9)) == "nothing"
    assert likelihood("linear", "log", "mean") == "nothing"


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([-(1.2**n) for n in range(90)], True),
        ([-10.0 * math.log(n + 2) for n in range(900)], False),  # a density that sharpens
        ([-1.0 - n for n in range(900)], False),  # steadily, not ever faster
        ([1.2**n for n in range(90)], False),
        ([-(1.2**n) for n in range(20)], False),
    ],
)
def test_a_loss_runs_away_where_it_falls_ever_faster_below_zero(losses: list[float | None], *, said: bool) -> None:
    assert values(told(losses))["runs_away"] is said
