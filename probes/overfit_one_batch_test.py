"""Tests of the experiment that learns one batch by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nndoctor.intervention import Intervention, SameBatchEveryStep
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.overfit_one_batch import learnt, run
from tests.replays import Loss, Net, own_loss, trained
from tests.traces import iterations, line, values


def measured(folder: Path, highest: float = 3e-2, **how: Any) -> Mapping[str, float]:
    told = trained(folder, partial(learnt, highest=highest), **how)
    assert told.steered is not None
    if not told.steered.applied:
        raise CannotMeasure(told.steered.why)
    return told.steered.measured


def random_labels(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    return F.cross_entropy(model(x), (1e4 * x[:, 0]).long() % 3)


def squared(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(model(x), F.one_hot(y, 3) * 5.0)


class Deaf(Net):
    """Gives all samples the same."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(torch.zeros_like(x))


def plain() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 3))


@pytest.mark.parametrize("loss", [own_loss, random_labels, squared])
def test_a_sound_network_learns_any_batch_by_heart(tmp_path: Path, loss: Loss) -> None:
    found = measured(tmp_path, loss=loss, build=plain)
    assert found["finite"]
    assert found["fall_of_start"] > 0.9
    assert found["loss_over_constant"] < 0.1
    assert found["steps"] < 400


def test_what_can_not_look_at_its_inputs_comes_to_the_best_constant_answer(tmp_path: Path) -> None:
    assert measured(tmp_path, build=Deaf)["loss_over_constant"] == pytest.approx(1.0, abs=0.05)


def test_a_warm_up_does_not_keep_the_copy_from_learning(tmp_path: Path) -> None:
    low, high = (measured(tmp_path, rate, build=plain)["steps"] for rate in (1e-2, 1e-1))
    assert high < low


def test_steps_that_are_far_too_large_learn_nothing(tmp_path: Path) -> None:
    found = measured(tmp_path, 1e5, build=plain, loss=squared)
    assert found.get("fall_of_start", -1.0) < 0


@pytest.mark.parametrize("at", [0, 3])
def test_the_run_goes_on_to_the_bit(tmp_path: Path, at: int) -> None:
    experiment = partial(learnt, highest=0.1)
    told = trained(tmp_path, experiment, at=at)
    assert told.steered is not None
    assert told.steered.applied, told.steered.why
    assert told.states == trained(tmp_path, None).states


@dataclass
class Bench:
    trace: Trace
    steered: Steered
    losses: list[float | None] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        self.tried.append(type(intervention).__name__)
        if isinstance(intervention, StepReplayed):
            assert (intervention.at, iterations) == (0, 1)
            return Trace(steered=self.steered)
        assert isinstance(intervention, SameBatchEveryStep)
        assert iterations == 100
        return watched(self.losses)

    def seconds_left(self) -> float:
        return 100.0


def watched(losses: list[float | None]) -> Trace:
    return Trace(
        iterations=iterations(losses, learning_rate=0.1), sites={0: BackwardSite(0, line(9))}, steered=Steered(1)
    )


OWN: list[float | None] = [1.0] * 200


def test_what_was_measured_is_told_with_the_steps_as_a_share() -> None:
    found = {"steps": 50.0, "finite": 1.0, "fall_of_start": 0.9, "loss_over_constant": 0.1}
    facts = values(run(Bench(watched(OWN), Steered(1, measured=found))))
    assert facts == {**found, "by": "replay", "finite": True, "steps_over_as_is": 0.25}


def test_what_can_not_be_done_again_by_itself_is_run_with_the_batch_held() -> None:
    bench = Bench(watched(OWN), Steered(0, "no"), [0.98**n for n in range(100)])
    facts = values(run(bench))
    assert bench.tried == ["StepReplayed", "SameBatchEveryStep"]
    assert (facts["by"], facts["steps"]) == ("rerun", 100.0)
    assert float(str(facts["fall_of_start"])) > 0.7


def test_where_neither_can_be_done_that_is_told() -> None:
    assert values(run(Bench(watched(OWN), Steered(0, "no")))) == {"by": "none"}


def test_without_steps_there_is_nothing_to_learn() -> None:
    with pytest.raises(CannotMeasure, match="fewer than"):
        run(Bench(watched([1.0] * 5), Steered(1)))
