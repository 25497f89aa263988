"""Tests of layers that stand several times in a list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nndoctor.case import Place
from nndoctor.seen import ForwardSeen, ModuleSeen, OpSeen
from nndoctor.trace import Trace
from probes import shared_layers
from tests.traces import StillBench, line, model, values


def told(repeats: int, *, again: bool, shape: tuple[int, ...] = (8, 8), multiplied: Place | None = None) -> Any:
    seen = replace(model(), modules=(ModuleSeen("0", "Linear", repeats=repeats, multiplied=multiplied),))
    op = OpSeen("linear", line(8), True, True, True, True, shapes=((4, 8), shape), again=again)  # noqa: FBT003
    return shared_layers.run(StillBench(Trace(models={0: seen}, forwards=[ForwardSeen(0, 0, (op,))])))


def test_branches_that_are_one_layer_do_the_same_work_twice() -> None:
    found = told(4, again=True)
    assert values(found) == {"repeated": 4.0, "same_input": True, "multiplied": False}
    assert found.values["same_input"].where == (line(8),)


def test_a_layer_that_is_applied_to_its_own_result_may_be_meant() -> None:
    assert values(told(4, again=False)) == {"repeated": 4.0, "same_input": False, "multiplied": False}


def test_weights_of_another_layer_are_no_matter() -> None:
    assert values(told(4, again=True, shape=(5, 8))) == {"repeated": 4.0, "same_input": False, "multiplied": False}


def test_layers_of_their_own_are_none() -> None:
    assert values(told(1, again=True)) == {"repeated": 1.0, "same_input": False, "multiplied": False}


def test_a_layer_that_was_made_within_a_multiplied_list_is_told_with_the_line() -> None:
    found = told(4, again=False, multiplied=line(7))
    assert values(found) == {"repeated": 4.0, "same_input": False, "multiplied": True}
    assert found.values["multiplied"].where == (line(7),)
