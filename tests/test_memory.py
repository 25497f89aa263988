"""The graphs that somebody retains are counted; those that only wait for the garbage collector are not."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.memory import Memory
from nndoctor.worker.places import Places

STEPS = 25
KEPT: list[Tensor] = []


def freed(_: Tensor) -> None:
    return None


def in_a_cycle(loss: Tensor) -> None:
    output: dict[str, object] = {"loss": loss}
    output["itself"] = output


def counted(keep: Callable[[Tensor], None], folder: Path) -> list[int | None]:
    """The graphs alive at the counts, beyond those of other tests."""
    journal, places = Journal(folder / "journal"), Places()
    gc.collect()
    before = Memory(journal, places).counted(0).graph_tensors
    memory = Memory(journal, places)
    for iteration in range(STEPS):
        memory.look(iteration)
        keep((torch.ones(3, requires_grad=True) * 2).sum())
    journal.close()
    told = [sample.graph_tensors for sample in read_trace(folder / "journal").memory[1:]]
    return [tensors - (before or 0) for tensors in told if tensors is not None]


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    yield
    gc.enable()
    KEPT.clear()
    gc.collect()


def test_graphs_in_a_list_are_retained(tmp_path: Path) -> None:
    assert counted(KEPT.append, tmp_path) == [5, 10, 20]


@pytest.mark.parametrize("keep", [freed, in_a_cycle])
def test_what_the_garbage_collector_frees_is_not(keep: Callable[[Tensor], None], tmp_path: Path) -> None:
    assert counted(keep, tmp_path) == [0, 0, 0]


def test_without_a_garbage_collector_a_cycle_is(tmp_path: Path) -> None:
    gc.disable()
    assert counted(in_a_cycle, tmp_path) == [5, 10, 20]
