"""Compiled trainings, run bare or under the tap: `python compiling.py BACKEND bare` or `... JOURNAL`.

Prints, as JSON, for each way of compiling the graphs, the graph breaks, and every loss to the last bit.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch._dynamo.utils import counters

from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

Losses = Iterator[float]
LossOf = Callable[[nn.Module, Tensor, Tensor], Tensor]


def data() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    x = torch.randn(64, 12)
    return x, x[:, :3].argmax(1)


class Body(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.layers(x)
        return result


class Net(nn.Module):
    """Compiled in place a module of torch's own would be left as it is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.body = Body()
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.head(self.body(x))
        return result


def eager_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y)


def trained(model: nn.Module, loss_of: LossOf = eager_loss, steps: int = 12) -> Losses:
    x, y = data()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for step in range(steps):
        optimizer.zero_grad()
        loss = loss_of(model, x, y)
        loss.backward()
        optimizer.step()
        yield loss.item()
        if step % 4 == 3:
            model.eval()
            with torch.no_grad():
                yield F.cross_entropy(model(x), y).item()
            model.train()


def whole_model(backend: str) -> Losses:
    model: Any = torch.compile(Net(), backend=backend)
    return trained(model)


def in_place(backend: str) -> Losses:
    model = Net()
    model.compile(backend=backend)
    return trained(model)


def part_in_place(backend: str) -> Losses:
    model = Net()
    model.body.compile(backend=backend)
    return trained(model)


def late(backend: str) -> Losses:
    model = Net()
    yield from trained(model, steps=7)
    model.compile(backend=backend)
    yield from trained(model, steps=8)


def step_function(backend: str) -> Losses:
    return trained(Net(), torch.compile(lambda model, x, y: nn.CrossEntropyLoss()(model(x), y), backend=backend))


class Branching(nn.Module):
    """Breaks the graph in its midst."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()
        self.head = nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.net(x)
        torch._dynamo.graph_break()
        result: Tensor = self.head(hidden)
        return result


def broken(backend: str) -> Losses:
    model: Any = torch.compile(Branching(), backend=backend)
    return trained(model)


def by_hand(backend: str) -> Losses:
    x, y = data()
    weight = (torch.randn(12, 3) * 0.1).requires_grad_()
    loss_of = torch.compile(lambda w, x, y: F.cross_entropy(x @ w, y), backend=backend)
    for _ in range(12):
        loss = loss_of(weight, x, y)
        loss.backward()
        with torch.no_grad():
            assert weight.grad is not None
            weight -= 0.1 * weight.grad
            weight.grad = None
        yield loss.item()


def optimizer_step(backend: str) -> Losses:
    model, (x, y) = Net(), data()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    step = torch.compile(optimizer.step, backend=backend)
    for _ in range(8):
        optimizer.zero_grad()
        loss = eager_loss(model, x, y)
        loss.backward()
        step()
        yield loss.item()


def whole_step(backend: str) -> Losses:
    model, (x, y) = Net(), data()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    @torch.compile(backend=backend)
    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = eager_loss(model, x, y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    for _ in range(8):
        yield step(x, y).item()


WAYS = (whole_model, in_place, part_in_place, late, step_function, broken, by_hand, optimizer_step, whole_step)


def main(backend: str, journal: str) -> None:
    torch.set_num_threads(1)
    tap = None if journal == "bare" else install(Journal(Path(journal)), light=False)
    for way in WAYS:
        torch._dynamo.reset()
        counters.clear()
        losses = [loss.hex() for loss in way(backend)]
        graphs, breaks = counters["stats"]["unique_graphs"], sum(counters["graph_break"].values())
        print(json.dumps({way.__name__: {"graphs": graphs, "breaks": breaks, "losses": losses}}))
    if tap is not None:
        tap.finish()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
