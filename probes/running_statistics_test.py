"""Tests of the experiment with batch norm in both modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from torch import Tensor, nn

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import BackwardSite, Steered, Trace
from probes.running_statistics import compared, run
from tests.replays import trained
from tests.traces import iterations, line, model, values


class Normed(nn.Module):
    """Its inputs are far from mean 0, and its batch norm takes them in by `momentum`."""

    def __init__(self, momentum: float, *, tracks: bool = True) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(6, momentum=momentum, track_running_stats=tracks)
        self.drop, self.last = nn.Dropout(0.5), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(self.drop(self.norm(10 * x + 30)))
        return result


def measured(folder: Path, build: Callable[[], nn.Module]) -> tuple[float, float]:
    told = trained(folder, compared, at=4, build=build)
    assert told.steered is not None
    if not told.steered.applied:
        raise CannotMeasure(told.steered.why)
    return told.steered.measured["batch"], told.steered.measured["running"]


def test_statistics_that_hardly_move_evaluate_what_was_learnt_wrongly(tmp_path: Path) -> None:
    batch, running = measured(tmp_path, partial(Normed, 0.001))
    assert running > 3 * batch


def test_statistics_of_the_data_give_the_same_in_both_modes(tmp_path: Path) -> None:
    batch, running = measured(tmp_path, partial(Normed, 0.9))
    assert running == pytest.approx(batch, rel=0.3)


@pytest.mark.parametrize("build", [partial(Normed, 0.1, tracks=False), partial(nn.Linear, 6, 3)])
def test_without_running_statistics_there_is_nothing_to_measure(tmp_path: Path, build: Callable[[], nn.Module]) -> None:
    with pytest.raises(CannotMeasure, match="no batch norm"):
        measured(tmp_path, build)


def test_a_norm_that_is_frozen_is_meant_so(tmp_path: Path) -> None:
    def build() -> nn.Module:
        net = Normed(0.001)
        net.norm.eval()
        return net

    with pytest.raises(CannotMeasure, match="training mode"):
        measured(tmp_path, build)


def test_the_run_goes_on_to_the_bit(tmp_path: Path) -> None:
    assert trained(tmp_path, compared).states == trained(tmp_path, None).states


@dataclass
class Bench:
    trace: Trace
    steered: Steered
    left: float = 100.0
    at: int = -1

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert isinstance(intervention, StepReplayed)
        self.at = intervention.at
        assert iterations == self.at + 1
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return self.left


def watched(steps: int) -> Trace:
    losses: list[float | None] = [2.0 * 0.98**n for n in range(steps)]
    return Trace(
        iterations=iterations(losses),
        sites={0: BackwardSite(0, line(9))},
        models={0: model("Linear", "BatchNorm1d")},
    )


def test_the_harm_is_measured_at_the_last_step() -> None:
    bench = Bench(watched(200), Steered(1, measured={"batch": 0.1, "running": 0.9}))
    facts = values(run(bench))
    assert bench.at == 199
    assert facts["loss_over_batch"] == pytest.approx(9.0)
    assert float(str(facts["harm_of_start"])) == pytest.approx(0.4, abs=0.1)


def test_less_time_makes_it_an_earlier_step() -> None:
    bench = Bench(watched(200), Steered(1, measured={"batch": 0.1, "running": 0.9}), left=2.0)
    run(bench)
    assert bench.at == 100


@pytest.mark.parametrize(("steps", "left", "why"), [(30, 100.0, "fewer than"), (200, 0.2, "no time")])
def test_too_few_steps_tell_nothing(steps: int, left: float, why: str) -> None:
    with pytest.raises(CannotMeasure, match=why):
        run(Bench(watched(steps), Steered(1), left))
