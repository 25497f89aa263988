"""Units that begin all alike: which stay so for ever, and which part, whichever way round the weight lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nndoctor.trace import Trace
from nndoctor.worker.by_hand import ByHand
from nndoctor.worker.cost import Readings
from nndoctor.worker.graph import graph_seen
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.likeness import apart, equal_along
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places
from nndoctor.worker.weighing import Weighing

Forward = Callable[[list[Tensor], Tensor], Tensor]


def in_out(weights: list[Tensor], x: Tensor) -> Tensor:
    return torch.tanh(x @ weights[0]) @ weights[1]


def out_in(weights: list[Tensor], x: Tensor) -> Tensor:
    return functional.linear(torch.tanh(functional.linear(x, weights[0].T)), weights[1].T)


def constant(*shape: int) -> Tensor:
    return torch.full(shape, 0.2).requires_grad_()


def drawn(*shape: int) -> Tensor:
    return (0.3 * torch.randn(*shape)).requires_grad_()


def trained(forward: Forward, weights: list[Tensor], folder: Path, *, by_hand: bool = False) -> Trace:
    """Eight steps on noise, watched as the tap does."""
    journal, places = Journal(folder / "journal"), Places()
    models = Models(journal, places)
    # nobody else is to hold them: a loop by hand puts others in their place
    weights = [weight.detach().clone().requires_grad_() for weight in weights]
    hand, weighing, optimizer = ByHand(journal, models), Weighing(0, journal, models, Readings()), None
    for step in range(8):
        loss = (forward(weights, torch.randn(16, weights[0].shape[0])) - torch.randn(16, 5)).square().mean()
        journal.write(graph_seen(loss, (step, 0), models, ()))
        if by_hand:
            hand.begins(loss)
        torch.autograd.backward(loss)
        if by_hand:
            hand.ended(step + 1)
            weights = [(w - 0.1 * w.grad).detach().requires_grad_() for w in weights if w.grad is not None]
            continue
        optimizer = optimizer or torch.optim.SGD(weights, 0.1)
        weighing.before(optimizer)
        optimizer.step()
        weighing.after(optimizer, step)
        optimizer.zero_grad()
    journal.close()
    return read_trace(folder / "journal")


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("forward", [in_out, out_in])
def test_bare_weights_that_stay_alike_are_known_in_either_layout(
    forward: Forward, by_hand: bool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    trace = trained(forward, [constant(4, 6), constant(6, 5)], tmp_path, by_hand=by_hand)
    assert [seen.name for seen in trace.bare] == ["6x5#0", "4x6#0"]
    assert all(seen.identical_slices for seen in trace.bare)
    assert max(trace.layers[-1].spread.values()) < 1e-6


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("forward", [in_out, out_in])
@pytest.mark.parametrize("alike", [0, 1])
def test_bare_weights_that_the_other_side_sets_free_part(
    alike: int, forward: Forward, by_hand: bool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    weights = [drawn(4, 6), drawn(6, 5)]
    weights[alike] = torch.zeros(weights[alike].shape, requires_grad=True)
    trace = trained(forward, weights, tmp_path, by_hand=by_hand)
    assert [seen.identical_slices for seen in trace.bare] == [alike == 1, alike == 0]
    assert min(trace.layers[-1].spread.values()) > 0.1


def test_rows_of_a_table_that_did_not_come_up_tell_nothing() -> None:
    table, gradient = torch.zeros(50, 4), torch.zeros(50, 4)
    table[10:13] = torch.randn(3, 4)
    gradient[10:13] = 1.0
    assert equal_along(torch.zeros(50, 4), (0, 1)) == (0, 1)
    assert apart(table, gradient, (0,)).item() > 0.1
    assert apart(table, None, (0,)).item() == 0.0
    gradient[11] = 0.0
    assert apart(table, gradient, (0,)).isnan().item()


def test_an_input_that_wants_a_gradient_is_no_weight(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    models, weight = Models(journal, Places()), drawn(3, 2)
    for step in range(3):
        loss = (torch.zeros(7, 3, requires_grad=True) @ weight).sum()
        graph_seen(loss, (step, 0), models, ())
    journal.close()
    assert [seen.name for seen in read_trace(tmp_path / "journal").bare] == ["3x2#0"]


class Dense(nn.Module):
    def __init__(self, fill: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((4, 6), fill) * torch.arange(1.0, 5.0)[:, None])

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


def test_a_module_of_the_users_own_may_lie_either_way_round(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    models, linear = Models(journal, Places()), nn.Linear(6, 4)
    with torch.no_grad():
        linear.weight.copy_(Dense(1.0).weight)
    models.meet(nn.Sequential(Dense(1.0), linear))
    journal.close()
    seen = {p.name: p.identical_slices for p in read_trace(tmp_path / "journal").models[0].parameters}
    assert seen == {"0.weight": True, "1.weight": False, "1.bias": False}
