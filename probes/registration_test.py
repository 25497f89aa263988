"""Tests of which layers a model does not know."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import GroupSeen, OptimizerSeen, ParameterSeen
from nndoctor.trace import Crash, StepTotals, Trace
from probes import registration
from tests.traces import StillBench, graph, line, model, values


def weight(name: str, *, loaded: bool = False) -> ParameterSeen:
    plain = {"trainable": True, "zero": False, "identical_slices": False}
    sizes = {"mean": 0.0, "std": 0.2, "largest": 0.5, "nonfinite": 0, "fan_in": 8}
    return ParameterSeen(name, (8, 8), "float32", "cpu", loaded=loaded, place=line(4), **plain, **sizes)  # type: ignore[arg-type]


def told(*reached: tuple[str, ...], held: tuple[str, ...] = ("0:0.weight",), loaded: bool = False) -> Any:
    trace = Trace(
        models={0: model("Linear")},
        bare=[weight("8x8#0", loaded=loaded)],
        optimizers={0: OptimizerSeen(0, "Adam", line(7), (GroupSeen(1e-3, 0.0, 0.9, held),), 0, 0)},
        graphs=[graph(n, reached=names) for n, names in enumerate(reached)],
    )
    return registration.run(StillBench(trace))


def test_a_weight_that_every_gradient_reaches_and_nobody_knows_is_unregistered() -> None:
    found = told(("0:0.weight", "?:8x8#0"), ("0:0.weight", "?:8x8#0"))
    assert (values(found)["unregistered"], values(found)["unregistered_share"]) == (1.0, 0.5)
    assert found.values["unregistered"].where == (line(4),)


@pytest.mark.parametrize(
    "known",
    [
        {"held": ("0:0.weight", "?:8x8#0")},  # the optimizer was given it
        {"loaded": True},  # a teacher or a loss network, hidden on purpose
        {"held": ()},  # nothing beside it is trained: a loop by hand
    ],
)
def test_a_weight_that_is_known_or_meant_is_not(known: dict[str, Any]) -> None:
    assert values(told(("0:0.weight", "?:8x8#0"), **known))["unregistered"] == 0


def test_a_weight_that_only_some_gradients_reach_is_not() -> None:
    assert values(told(("0:0.weight",), ("0:0.weight", "?:8x8#0")))["unregistered"] == 0


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"registered": 0.0, "hidden": 4.0}, "unregistered"),
        ({"registered": 4.0, "hidden": 0.0}, "frozen"),
        ({}, "no_layers"),
    ],
)
def test_why_an_optimizer_was_given_nothing(settings: dict[str, float], why: str) -> None:
    crash = Crash("ValueError", "optimizer got an empty parameter list", "step", line(7), (line(7),), "", settings)
    assert values(registration.run(StillBench(Trace(crash=crash)))) == {"nothing_to_train": why}


def test_nothing_is_told_without_a_backward_pass() -> None:
    with pytest.raises(CannotMeasure):
        registration.run(StillBench(Trace()))


@pytest.mark.parametrize(
    ("frozen", "missing", "said"),
    [(2, 30, "frozen"), (1, 30, "no"), (2, 12, "no")],  # what is thawed later gets a gradient then
)
def test_an_optimizer_that_holds_nothing_but_what_may_not_learn(frozen: int, missing: int, said: str) -> None:
    group = GroupSeen(1e-3, 0.0, 0.9, ("0:0.weight", "0:0.bias"))
    book = StepTotals(0, 30, 0, 30, 0, 30, schedule_before_step=False, tokens="", looked=30, missing=missing, judged=30)
    trace = Trace(
        models={0: model("Linear")},
        optimizers={0: OptimizerSeen(0, "SGD", line(7), (group,), 0, frozen)},
        totals={0: book},
        graphs=[graph(0)],
    )
    found = registration.run(StillBench(trace)).values["nothing_to_train"]
    assert found.value == said
    assert found.where == ((line(7),) if said == "frozen" else ())
