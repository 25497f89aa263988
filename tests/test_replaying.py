"""An experiment on one step of a run: what it is given, what it is refused, and that the run goes on to the bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from nndoctor.replica import Step
from nndoctor.worker.clone import copy_of, optimizer_of
from nndoctor.worker.loop import Unfit
from probes import gradient_formulas
from tests.replays import Loss, Net, trained


def rough(step: Step) -> Mapping[str, float]:
    """Does to a replica all that an experiment may do."""
    replica = step.replica()
    first = replica.loss(replica.output())
    optimizer = torch.optim.SGD(replica.model.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        torch.autograd.backward(replica.loss(replica.output(seed=3)))
        optimizer.step()
    replica.model.eval().double()
    for tensor in replica.inputs.values():
        tensor.zero_()
    torch.manual_seed(99)
    return {"loss": first.item()}


EXPERIMENTS: dict[str, Callable[[Step], Mapping[str, float]]] = {
    "rough": rough,
    "gradient_formulas": gradient_formulas.compared,
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_run_goes_on_to_the_bit(tmp_path: Path, name: str) -> None:
    told = trained(tmp_path, EXPERIMENTS[name])
    assert told.steered is not None
    assert told.steered.applied == 1, told.steered.why
    assert told.states == trained(tmp_path, None).states


def test_a_replica_gives_the_loss_that_the_run_had(tmp_path: Path) -> None:
    had: list[float] = []

    def loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        had.append((value := F.cross_entropy(model(x), y)).item())
        return value / 4

    told = trained(tmp_path, rough, at=3, loss=loss)
    assert told.steered is not None
    assert told.steered.measured["loss"] == pytest.approx(had[3], rel=1e-5)


class Outside(Net):
    """Does not give the same twice, by what no copy can have."""

    count = 0

    def forward(self, x: Tensor) -> Tensor:
        Outside.count += 1
        return super().forward(x) + Outside.count


class Bound(nn.Module):
    """Calls its layers by a closure, which a copy shares."""

    def __init__(self) -> None:
        super().__init__()
        self.body = body = nn.Sequential(nn.Linear(6, 3), nn.BatchNorm1d(3))
        self.call: Callable[[Tensor], Tensor] = lambda x: body(2 * x)

    def forward(self, x: Tensor) -> Tensor:
        return self.call(x)


def test_what_a_copy_shares_with_the_run_is_put_back(tmp_path: Path) -> None:
    told = trained(tmp_path, rough, build=Bound)
    assert told.states == trained(tmp_path, None, build=Bound).states


def twice(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x) + model(-x), y)


def by_hand(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    scores: Tensor = model(x)
    return -scores.log_softmax(1)[torch.arange(len(y)), y].mean()


@pytest.mark.parametrize(
    ("loss", "build", "why"),
    [
        (twice, Net, "several calls of models"),
        (by_hand, Net, "no single call of one of torch's loss functions"),
        (lambda m, x, y: F.cross_entropy(m(x), y), Outside, "gives something else"),
    ],
)
def test_what_can_not_be_done_again_is_told(
    tmp_path: Path, loss: Loss, build: Callable[[], nn.Module], why: str
) -> None:
    told = trained(tmp_path, rough, loss=loss, build=build)
    assert told.steered is not None
    assert (told.steered.applied, dict(told.steered.measured)) == (0, {})
    assert why in told.steered.why


def test_a_fault_of_the_experiment_does_not_end_the_run(tmp_path: Path) -> None:
    def faulty(step: Step) -> Mapping[str, float]:
        return {"ratio": 1 / (step.replica().inputs["0"].shape[0] - 24)}

    told = trained(tmp_path, faulty)
    assert told.steered is not None
    assert "ZeroDivisionError" in told.steered.why
    assert told.states == trained(tmp_path, None).states


@pytest.mark.parametrize("turn", ["flat", "turned"])
def test_outputs_that_are_only_turned_or_reshaped_still_give_the_loss(tmp_path: Path, turn: str) -> None:
    had: list[float] = []

    def loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        scores = model(x).reshape(4, 6, 3)
        value = F.cross_entropy(
            *((scores.reshape(-1, 3), y) if turn == "flat" else (scores.transpose(1, 2), y.reshape(4, 6)))
        )
        had.append(value.item())
        return value

    told = trained(tmp_path, rough, loss=loss, build=Shaped)
    assert told.steered is not None
    assert told.steered.measured["loss"] == pytest.approx(had[1], rel=1e-5), told.steered.why


class Shaped(Net):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).reshape(4, 6, 3)


class Rated(torch.optim.SGD):
    """Keeps something of its own, which torch does not copy."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weights = self.param_groups[0]["params"]

    def step(self, closure: Any) -> None:  # type: ignore[override]
        closure()
        assert self.weights[0].grad is not None
        super().step()


@pytest.mark.parametrize(
    "build",
    [
        partial(torch.optim.SGD, lr=0.1, momentum=0.9),
        partial(torch.optim.Adam, lr=0.1),
        partial(Rated, lr=0.1),
        partial(torch.optim.LBFGS, lr=0.1),
    ],
)
def test_the_copy_of_an_optimizer_steps_the_copy_of_its_model_only(build: Callable[..., torch.optim.Optimizer]) -> None:
    def loss_of(model: nn.Module) -> Tensor:
        value: Tensor = model(torch.ones(4, 6)).square().mean()
        return value

    def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        def closure() -> float:
            optimizer.zero_grad()
            torch.autograd.backward(value := loss_of(model))
            return value.item()

        optimizer.step(closure)

    torch.manual_seed(0)
    model, heard, memo = nn.Linear(6, 3), list[int](), dict[int, Any]()
    optimizer = build(model.parameters())
    torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)  # puts a step of its own on the optimizer
    optimizer.register_step_pre_hook(lambda *_: heard.append(1))
    step(model, optimizer)
    copied = copy_of(model, memo)
    other = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    before, start, told = model.weight.detach().clone(), loss_of(model).item(), len(heard)
    double = optimizer_of(model, [other, optimizer], memo)
    assert type(double) is type(optimizer)
    for _ in range(5):
        step(copied, double)
    assert torch.equal(model.weight, before)
    assert (loss_of(model).item(), len(heard)) == (start, told)
    assert loss_of(copied).item() < start


def test_an_optimizer_that_is_made_of_others_is_not_copied() -> None:
    model = nn.Linear(2, 2)
    outer, inner = (torch.optim.SGD(model.parameters(), lr=0.1) for _ in range(2))
    outer.inner = inner  # type: ignore[attr-defined]
    with pytest.raises(Unfit, match="made of others"):
        optimizer_of(model, [outer], {})
    with pytest.raises(Unfit, match="no optimizer was seen"):
        optimizer_of(nn.Linear(2, 2), [inner], {})


def test_hooks_on_all_optimizers_do_not_hear_of_copies(tmp_path: Path) -> None:
    def experiment(step: Step) -> Mapping[str, float]:
        heard.clear()
        replica = step.replica()
        replica.optimizer().step()
        return {"heard": len(heard)}

    heard: list[int] = []
    handle = register_optimizer_step_post_hook(lambda *_: heard.append(1))
    try:
        told = trained(tmp_path, experiment)
    finally:
        handle.remove()
    assert told.steered is not None
    assert told.steered.measured == {"heard": 0.0}, told.steered.why
    assert len(heard) == 4
