"""A target that a net in training made itself, or one that follows it, is known; so the loss is no yardstick."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from nndoctor.curve import main_curve
from nndoctor.trace import Trace
from nndoctor.yardstick import is_yardstick
from tests.watched import watched

Goal = Callable[[nn.Module, nn.Module, Tensor], Tensor]


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))


def trained(path: Path, goal: Goal, other: nn.Module, *, first: bool, actions: int = 0) -> Trace:
    """Regression of one output on a goal, computed before (`first`) or after the call that is trained."""
    torch.manual_seed(0)
    own = net()
    optimizer = torch.optim.SGD(own.parameters(), 0.01)
    with watched(path) as read:
        for _ in range(5):
            with torch.no_grad():
                for _ in range(actions):
                    own(torch.randn(1, 4)).argmax(1)
            x = torch.randn(16, 4)
            wanted = goal(own, other, x) if first else None
            value = own(x)[:, :1]
            if wanted is None:
                wanted = goal(own, other, x)
            optimizer.zero_grad()
            F.mse_loss(value, wanted.unsqueeze(1)).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    assert torch._C._len_torch_function_stack() == 0
    return read()


def judged(trace: Trace) -> bool:
    curve = main_curve(trace)
    assert curve is not None
    return is_yardstick(trace, curve)


@torch.no_grad()
def bootstrapped(own: nn.Module, other: nn.Module, x: Tensor) -> Tensor:
    return torch.add(x[:, 0], other(x + 1).max(1)[0], alpha=0.9)


@torch.no_grad()
def by_its_own(own: nn.Module, other: nn.Module, x: Tensor) -> Tensor:
    return torch.add(x[:, 0], own(x + 1).amax(1), alpha=0.9)


@torch.no_grad()
def known_and_looked_at(own: nn.Module, other: nn.Module, x: Tensor) -> Tensor:
    own(x).argmax(1)
    return x[:, 0]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("goal", "other", "said"),
    [
        (bootstrapped, net(), False),
        (by_its_own, net(), False),
        (known_and_looked_at, net(), True),
        # a teacher of another build stands still
        (bootstrapped, nn.Linear(4, 2), True),
    ],
)
def test_who_made_the_target_is_seen(tmp_path: Path, goal: Goal, other: nn.Module, *, said: bool, first: bool) -> None:
    assert judged(trained(tmp_path, goal, copy.deepcopy(other), first=first)) is said


def test_a_net_that_acted_much_before_it_learnt_is_followed_all_the_same(tmp_path: Path) -> None:
    trace = trained(tmp_path, by_its_own, net(), first=True, actions=4)
    assert any(call.made_by is not None for call in trace.losses)
