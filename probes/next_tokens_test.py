"""Tests of the experiment with another next token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.trace import Steered, Trace
from probes.next_tokens import looked_ahead, run
from tests.replays import Loss, trained
from tests.traces import batch, values


class Reader(nn.Module):
    """A recurrent language model; `ways` is 2 for one that reads from the end too."""

    def __init__(self, ways: int = 1, *, steps_first: bool = False) -> None:
        super().__init__()
        self.enter = nn.Embedding(10, 8)
        self.read = nn.GRU(8, 8, bidirectional=ways == 2, batch_first=not steps_first)
        self.last = nn.Linear(8 * ways, 10)

    def forward(self, ids: Tensor) -> Tensor:
        result: Tensor = self.last(self.read(self.enter(ids))[0])
        return result


def ids_of(x: Tensor) -> Tensor:
    return (3 * x.abs()).long().clamp(max=9)


def following(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    ids = ids_of(x)
    return F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def cut_later(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    ids = ids_of(x)
    return F.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def along_the_first(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    ids = ids_of(x).T
    return F.cross_entropy(model(ids[:-1]).flatten(0, 1), ids[1:].flatten())


def the_same(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    ids = ids_of(x)
    return F.cross_entropy(model(ids).flatten(0, 1), ids.flatten())


def mostly_padding(model: nn.Module, x: Tensor, _: Tensor) -> Tensor:
    ids = ids_of(x)
    ids[:, 1:] = 0
    return F.cross_entropy(model(ids).flatten(0, 1), (ids > 5).long().flatten())


def measured(folder: Path, loss: Loss, build: Callable[[], nn.Module]) -> Mapping[str, float]:
    told = trained(folder, looked_ahead, loss=loss, build=build)
    assert told.steered is not None
    if not told.steered.applied:
        raise CannotMeasure(told.steered.why)
    return told.steered.measured


@pytest.mark.parametrize("loss", [following, cut_later])
@pytest.mark.parametrize(("ways", "seen"), [(1, 0.0), (2, 1.0)])
def test_who_reads_from_the_end_sees_the_answer(tmp_path: Path, loss: Loss, ways: int, seen: float) -> None:
    found = measured(tmp_path, loss, partial(Reader, ways))
    assert found["asked_for_share"] == 1.0
    assert found["seen_share"] == pytest.approx(seen, abs=0.1)


@pytest.mark.parametrize(("ways", "seen"), [(1, 0.0), (2, 1.0)])
def test_the_steps_may_lie_along_the_first_axis(tmp_path: Path, ways: int, seen: float) -> None:
    found = measured(tmp_path, along_the_first, partial(Reader, ways, steps_first=True))
    assert found["seen_share"] == pytest.approx(seen, abs=0.1)


@pytest.mark.parametrize("loss", [the_same, mostly_padding])
def test_who_is_asked_for_something_else_may_see_all(tmp_path: Path, loss: Loss) -> None:
    with pytest.raises(CannotMeasure, match="not the next tokens"):
        measured(tmp_path, loss, partial(Reader, 2))


def test_the_run_goes_on_to_the_bit(tmp_path: Path) -> None:
    one, other = (trained(tmp_path, e, loss=following, build=Reader) for e in (looked_ahead, None))
    assert one.states == other.states


@dataclass
class Bench:
    trace: Trace
    steered: Steered

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        assert (intervention, iterations) == (StepReplayed(looked_ahead, 0), 1)
        return Trace(steered=self.steered)

    def seconds_left(self) -> float:
        return 100.0


def test_what_was_measured_is_told() -> None:
    facts = run(Bench(Trace(batches=[batch(0, "a")]), Steered(1, measured={"seen_share": 1.0})))
    assert values(facts) == {"seen_share": 1.0}


def test_a_reason_is_passed_on() -> None:
    with pytest.raises(CannotMeasure, match="none"):
        run(Bench(Trace(batches=[batch(0, "a")]), Steered(0, "none")))
