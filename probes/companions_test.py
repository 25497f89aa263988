"""Tests of the experiment with other companions in the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import Steered, Trace
from probes.companions import exchanged, run
from tests.replays import Net, own_loss, trained
from tests.traces import batch, loader, tensor, values

Mix = Callable[[Tensor], Tensor]


class Mixing(nn.Module):
    """Three steps of two numbers; `mix` does something between two layers."""

    def __init__(self, mix: Mix, *, keeps: bool) -> None:
        super().__init__()
        self.enter, self.last, self.mix, self.keeps = nn.Linear(2, 4), nn.Linear(4, 3), mix, keeps

    def forward(self, x: Tensor) -> Tensor:
        x = self.enter(x.view(-1, 3, 2)).relu()
        mixed = self.mix(x)
        result: Tensor = self.last((mixed + x if self.keeps else mixed).mean(1))
        return result


def apart(x: Tensor) -> Tensor:
    return x.flip(1)


def heads_first(x: Tensor) -> Tensor:
    return x.view(2, len(x), 3, 2).cumsum(2).permute(1, 2, 0, 3).reshape(x.shape)


def among_samples(x: Tensor) -> Tensor:
    rows = x.flatten(1)
    return ((rows @ rows.T).softmax(-1) @ rows).view_as(x)


def normalised(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / (x.std(0) + 1e-3)


def measured(folder: Path, build: Callable[[], nn.Module]) -> Mapping[str, float]:
    told = trained(folder, exchanged, loss=own_loss, build=build)
    assert told.steered is not None
    if not told.steered.applied:
        raise CannotMeasure(told.steered.why)
    return told.steered.measured


@pytest.mark.parametrize("keeps", [False, True])
def test_what_stays_within_the_samples_makes_them_depend_on_no_other(tmp_path: Path, *, keeps: bool) -> None:
    found = measured(tmp_path, lambda: Mixing(apart, keeps=keeps))
    assert (found["others_share"], found["own_share"]) == (0.0, 1.0)
    assert found["order_error"] < 1e-5


@pytest.mark.parametrize(("keeps", "own"), [(False, 0.0), (True, 1.0)])
def test_parts_in_rows_of_other_samples_obey_no_order(tmp_path: Path, own: float, *, keeps: bool) -> None:
    found = measured(tmp_path, lambda: Mixing(heads_first, keeps=keeps))
    assert found["others_share"] == 1.0
    assert found["own_share"] == pytest.approx(own, abs=0.2)
    assert found["order_error"] > 0.1


@pytest.mark.parametrize("mix", [among_samples, normalised])
def test_samples_that_are_compared_on_purpose_do_obey_it(tmp_path: Path, mix: Mix) -> None:
    found = measured(tmp_path, lambda: Mixing(mix, keeps=True))
    assert (found["others_share"], found["own_share"]) == (1.0, 1.0)
    assert found["order_error"] < 1e-5


class Sound(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))


def test_batch_norm_and_dropout_mix_nothing_in_evaluation(tmp_path: Path) -> None:
    found = measured(tmp_path, Sound)
    assert found["others_share"] == 0.0
    assert found["order_error"] < 1e-5


class Drawing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = Sound()

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.body(x)
        return result + torch.rand(1)


@pytest.mark.parametrize("build", [Drawing, Net])
def test_a_model_that_draws_is_not_judged(tmp_path: Path, build: Callable[[], nn.Module]) -> None:
    with pytest.raises(CannotMeasure, match="random numbers"):
        measured(tmp_path, build)


def test_the_run_goes_on_to_the_bit(tmp_path: Path) -> None:
    assert trained(tmp_path, exchanged, build=Sound).states == trained(tmp_path, None, build=Sound).states


@dataclass
class Bench:
    trace: Trace
    steered: Steered

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert intervention == StepReplayed(exchanged, 2)
        assert iterations == 3
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return 100.0


def of(*contents: str, sampler: str = "RandomSampler", size: int = 20) -> Trace:
    seen = [batch(n, inputs=(tensor((20, 8), content),)) for n, content in enumerate(contents, 2)]
    return Trace(batches=seen, loaders={0: loader(sampler=sampler, batch_size=size)})


@pytest.mark.parametrize(
    ("sampler", "size", "drawn"),
    [("RandomSampler", 20, True), ("SequentialSampler", 20, False), ("RandomSampler", 5, False)],
)
def test_rows_are_samples_where_a_loader_drew_them(sampler: str, size: int, *, drawn: bool) -> None:
    facts = values(run(Bench(of("a", "b", sampler=sampler, size=size), Steered(1, measured={"own_share": 1.0}))))
    assert facts == {"own_share": 1.0, "drawn_at_random": drawn}


def test_the_same_samples_at_every_step_may_belong_together() -> None:
    with pytest.raises(CannotMeasure, match="may belong together"):
        run(Bench(of("a", "a"), Steered(1)))


def test_why_a_step_can_not_be_done_again_is_told() -> None:
    with pytest.raises(CannotMeasure, match="several calls"):
        run(Bench(of("a", "b"), Steered(0, "several calls")))
