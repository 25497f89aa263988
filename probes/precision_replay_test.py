"""Tests of the experiment that does a step again in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.precision_replay import compared, run
from tests.replays import Loss, Net, own_loss, trained
from tests.traces import iterations, line, values


class Plain(nn.Module):
    """Makes a tensor on its way; `by` is subtracted and added again, which rounds."""

    def __init__(self, by: float = 0.0) -> None:
        super().__init__()
        self.first, self.last, self.by = nn.Linear(6, 16), nn.Linear(16, 3), by
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(self.drop(self.first(x).tanh()) @ torch.eye(16))
        return (result + self.by) - self.by


def halved(factor: float, model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    with torch.autocast("cpu", dtype=torch.float16):
        loss = F.cross_entropy(model(x), y)
    return loss * factor


def weighted(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y, weight=torch.tensor([1.0, 2.0, 3.0]))


def measured(folder: Path, loss: Loss = own_loss, by: float = 0.0) -> Mapping[str, float]:
    told = trained(folder, compared, loss=loss, build=partial(Plain, by))
    assert told.steered is not None
    if not told.steered.applied:
        raise CannotMeasure(told.steered.why)
    return told.steered.measured


@pytest.mark.parametrize("loss", [own_loss, weighted])
def test_single_precision_is_good_to_seven_digits(tmp_path: Path, loss: Loss) -> None:
    found = measured(tmp_path, loss)
    assert 0 < found["gradient_difference"] < 1e-5
    assert found["loss_difference"] < 1e-5
    assert found["lost_share"] == 0.0
    assert set(found) > {":first.weight", ":first.bias", ":last.weight", ":last.bias"}


def test_a_formula_that_rounds_is_seen(tmp_path: Path) -> None:
    assert measured(tmp_path, by=1e6)["gradient_difference"] > 1e-3


@pytest.mark.parametrize(("factor", "least", "most"), [(1024.0, 0.0, 0.01), (1e-6, 0.3, 1.0)])
def test_small_gradients_are_lost_in_half_precision(tmp_path: Path, factor: float, least: float, most: float) -> None:
    found = measured(tmp_path, partial(halved, factor))
    assert least <= found["lost_share"] <= most
    assert 1e-5 < found["loss_difference"] < 1e-1


@pytest.mark.parametrize("loss", [own_loss, partial(halved, 1024.0)])
def test_the_run_goes_on_to_the_bit(tmp_path: Path, loss: Loss) -> None:
    told = trained(tmp_path, compared, at=3, loss=loss, build=Plain)
    assert told.steered is not None
    assert told.steered.applied, told.steered.why
    assert told.states == trained(tmp_path, None, loss=loss, build=Plain).states
    assert torch.get_default_dtype() == torch.float32


def test_a_model_that_draws_its_own_numbers_is_left_as_it_is(tmp_path: Path) -> None:
    told = trained(tmp_path, compared, build=Net)
    assert told.steered is not None
    assert "random numbers" in told.steered.why
    assert told.states == trained(tmp_path, None, build=Net).states


@dataclass
class Bench:
    steered: Steered
    left: float = 100.0

    @property
    def trace(self) -> Trace:
        return Trace(iterations=iterations([1.0] * 200), sites={0: BackwardSite(0, line(9))})

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        at = 199 if self.left > 10 else 50
        assert (intervention, iterations) == (StepReplayed(compared, at), at + 1)
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return self.left


@pytest.mark.parametrize("left", [100.0, 1.0])
def test_the_last_step_in_time_is_told_layer_by_layer(left: float) -> None:
    found = {"lost_share": 0.1, "loss_difference": 0.0, "gradient_difference": 0.2, ":0.weight": 0.3}
    facts = values(run(Bench(Steered(1, measured=found), left)))
    assert facts == {
        "replayed": True,
        "lost_share": 0.1,
        "loss_difference": 0.0,
        "gradient_difference": 0.2,
        "difference_by_layer": {"0.weight": 0.3},
    }


def test_a_step_that_can_not_be_done_again_is_told() -> None:
    assert values(run(Bench(Steered(0, "no")))) == {"replayed": False}
