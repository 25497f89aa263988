"""A loop without an optimizer is known to clean its gradients, or not to, in whatever way it steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nndoctor.worker.by_hand import ByHand
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places

STEPS = 16
Update = Callable[[list[Tensor], int], None]


def gradient(weight: Tensor) -> Tensor:
    assert weight.grad is not None
    return weight.grad


def forgotten(weights: list[Tensor], _: int) -> None:
    for weight in weights:
        weight.data -= 0.1 * gradient(weight)


def zeroed(weights: list[Tensor], _: int) -> None:
    for weight in weights:
        weight.data -= 0.1 * gradient(weight)
        gradient(weight).zero_()


def dropped(weights: list[Tensor], _: int) -> None:
    for weight in weights:
        weight.sub_(0.1 * gradient(weight))
        weight.grad = None


def replaced(weights: list[Tensor], _: int) -> None:
    weights[:] = [(weight - 0.1 * gradient(weight)).detach().requires_grad_() for weight in weights]


def momentum(weights: list[Tensor], _: int) -> None:
    for weight in weights:
        weight.sub_(0.02 * gradient(weight))
        gradient(weight).mul_(0.9)


def accumulated(weights: list[Tensor], number: int) -> None:
    if number % 4 == 3:
        dropped(weights, number)


def looked(update: Update, folder: Path) -> Iterator[tuple[int, int]]:
    journal = Journal(folder / "journal")
    hand = ByHand(journal, Models(journal, Places()))
    torch.manual_seed(0)
    weights = [torch.randn(3, 4).requires_grad_(), torch.randn(4, 1).requires_grad_()]
    for number in range(STEPS):
        loss = (torch.tanh(torch.randn(8, 3) @ weights[0]) @ weights[1]).square().mean()
        hand.begins(loss)
        torch.autograd.backward(loss)
        hand.ended(number + 1)
        with torch.no_grad():
            update(weights, number)
    hand.close()
    journal.close()
    for total in read_trace(folder / "journal").totals.values():
        yield total.steps, total.uncleaned


@pytest.mark.parametrize("update", [zeroed, dropped, replaced, momentum])
def test_steps_on_clean_gradients_are_in_order(update: Update, tmp_path: Path) -> None:
    assert list(looked(update, tmp_path)) == [(STEPS, 0)]


def test_steps_on_the_sum_of_all_gradients_are_counted(tmp_path: Path) -> None:
    assert list(looked(forgotten, tmp_path)) == [(STEPS, STEPS - 1)]


def test_gradients_summed_for_one_step_are_meant(tmp_path: Path) -> None:
    assert list(looked(accumulated, tmp_path)) == [(STEPS // 4, 0)]


def test_backward_passes_without_any_step_tell_nothing(tmp_path: Path) -> None:
    assert list(looked(lambda *_: None, tmp_path)) == []
