"""Tests of the comparison of hand-written gradients with finite differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import Steered, Trace
from probes.gradient_formulas import compared, run
from tests.replays import own_loss, trained
from tests.traces import graph, line, values


class Gate(torch.autograd.Function):
    """x * sigmoid(x); `right` tells the true gradient."""

    right = True

    @classmethod
    def forward(cls, ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x.sigmoid()

    @classmethod
    def backward(cls, ctx: Any, gradient: Tensor) -> Tensor:
        x: Tensor = ctx.saved_tensors[0]
        s = x.sigmoid()
        return gradient * (s + x * s * (1 - s)) if cls.right else gradient * (s - x * s)


class WrongGate(Gate):
    right = False


class Given(torch.autograd.Function):
    """What follows has the gradient of the identity."""

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


class Rounded(Given):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return (8 * x).round() / 8


class Clamped(Given):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clamp(-0.3, 0.3)


class Noisy(Given):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * (1 + torch.randn_like(x))


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return -3 * gradient


class Single(Given):
    """Knows no double precision."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.float() ** 2


class InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.mark_dirty(x)
        ctx.save_for_backward(x)
        return x.exp_()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        result: Tensor = ctx.saved_tensors[0]
        return gradient * result


class Product(torch.autograd.Function):
    """x @ w, of which the gradient by w is divided by the samples once too often."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        x, w = ctx.saved_tensors
        return gradient @ w.T, x.T @ gradient / len(x)


def net(function: Any) -> nn.Module:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(6, 8), nn.Linear(8, 3)
            self.weight = nn.Parameter(torch.randn(8, 8))

        def forward(self, x: Tensor) -> Tensor:
            more = (self.weight,) if function is Product else ()
            result: Tensor = self.last(function.apply(self.first(x) + 0.0, *more))
            return result

    return Net()


def measured(folder: Path, function: Any) -> Mapping[str, float]:
    told = trained(folder, compared, at=0, loss=own_loss, build=lambda: net(function))
    assert told.steered is not None
    assert told.steered.applied, told.steered.why
    return told.steered.measured


@pytest.mark.parametrize(("function", "wrong"), [(Gate, 0.0), (WrongGate, 1.0), (InPlace, 0.0), (Product, 1.0)])
def test_a_formula_is_held_against_differences(tmp_path: Path, function: Any, wrong: float) -> None:
    found = measured(tmp_path, function)
    assert found[f"{function.__qualname__} wrong"] == pytest.approx(wrong, abs=0.1)


@pytest.mark.parametrize("function", [Rounded, Clamped, Noisy, Reversed, Single])
def test_gradients_that_are_meant_to_be_others_are_not_judged(tmp_path: Path, function: Any) -> None:
    assert measured(tmp_path, function) == {}


@dataclass
class Bench:
    trace: Trace
    steered: Steered

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == StepReplayed(compared, 3)
        assert iterations == 4
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return 100.0


def met(steered: Steered) -> Bench:
    places = tuple(replace(line(n), function=name) for n, name in ((7, "One"), (20, "Other")))
    return Bench(Trace(graphs=[graph(0), graph(3, functions=places), graph(4, functions=places)]), steered)


def test_the_worst_is_told_with_its_line() -> None:
    found = {"One wrong": 0.0, "One error": 0.0, "Other wrong": 0.9, "Other error": 0.5, "library.Third wrong": 1.0}
    facts = run(met(Steered(1, measured=found)))
    assert values(facts) == {"wrong_share": 0.9, "error": 0.5}
    assert [place.line for place in facts.values["wrong_share"].where] == [20]


@pytest.mark.parametrize("steered", [Steered(1), Steered(0, "there is no step")])
def test_where_none_could_be_judged_nothing_is_measured(steered: Steered) -> None:
    with pytest.raises(CannotMeasure, match=steered.why or "none of them"):
        run(met(steered))


def test_without_functions_there_is_no_rerun() -> None:
    with pytest.raises(CannotMeasure, match="no autograd function"):
        run(Bench(Trace(graphs=[graph(0)]), Steered(0)))
