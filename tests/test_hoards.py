"""Tensors that a variable collects are found with it; those that are let go, shared or tiny are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor
from torch.utils.data import Dataset

from nndoctor.burden import Hoard
from nndoctor.worker.hoards import Hoards
from nndoctor.worker.memory import every_tensor
from nndoctor.worker.places import Places

DATA = torch.randn(400, 300)


def found(keep: Callable[[Tensor, int], object], kept: Iterable[object]) -> tuple[Hoard, ...]:
    hoards = Hoards(Places())
    for step in range(41):
        keep(torch.zeros(2, 200), step)
        if step in (5, 10, 20, 40):
            hoards.look(step, every_tensor())
    assert kept is not None
    return hoards.seen()


def test_a_list_that_gets_one_at_every_step() -> None:
    outputs: list[Tensor] = []
    *_, before, last = found(lambda made, _: outputs.append(made), outputs)
    assert (before.tensors, last.tensors, last.bytes) == (15, 35, 35 * 1600)
    assert (last.holder, last.device, last.kept) == ("outputs", "cpu", 1.0)


def test_a_list_that_is_emptied_has_lost_those_of_before() -> None:
    outputs: list[Tensor] = []

    def keep(made: Tensor, step: int) -> None:
        outputs.append(made)
        if step % 15 == 14:
            outputs.clear()

    *_, last = found(keep, outputs)
    assert last.tensors <= 11
    assert last.kept == 0.0


def test_a_queue_of_bounded_length_is_no_hoard() -> None:
    replay: deque[tuple[Tensor, int]] = deque(maxlen=1000)
    assert found(lambda made, step: replay.append((made, step)), replay) == ()


@pytest.mark.parametrize(
    "kept", [lambda made: made.sum(), lambda made: DATA[:100], lambda made: made.requires_grad_() * 2]
)
def test_numbers_views_of_the_data_and_graphs_are_not_counted(kept: Callable[[Tensor], Tensor]) -> None:
    outputs: list[Tensor] = []
    assert found(lambda made, _: outputs.append(kept(made)), outputs) == ()


def test_what_a_dataset_keeps_is_its_cache() -> None:
    class Cached(Dataset[Tensor]):
        def __init__(self) -> None:
            self.samples: list[Tensor] = []

    data = Cached()
    assert found(lambda made, _: data.samples.append(made), [data]) == ()
