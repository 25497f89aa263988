"""Runs a small training in this process, with an experiment on one of its steps, and notes all its states."""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nndoctor.replaying import StepReplayed
from nndoctor.trace import Steered
from nndoctor.worker import tap
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.places import Places
from nndoctor.worker.put_back import put_back
from nndoctor.worker.rehearsal import Rehearsal, Shortening
from nndoctor.worker.watch import Watch

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


class Net(nn.Module):
    """With all that a training keeps: batch statistics, dropout, noise from three sources, a lock, an activation."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
        self.lock = __import__("threading").Lock()
        self.cached: Any = None
        self.calls: Tensor
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls.add_(1)
        noise = 1e-3 * random.gauss(0.0, 1.0) + 1e-3 * float(numpy.random.rand())
        self.cached = self.body(x)
        result: Tensor = self.cached * (1 + noise)
        return result


@dataclass
class Training:
    """Its states after each backward pass, to the bit, and what the experiment came to."""

    states: list[dict[str, str]] = field(default_factory=list)
    steered: Steered | None = None


def own_loss(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(model(x), y)


def trained(
    folder: Path,
    experiment: Callable[..., Mapping[str, float]] | None,
    *,
    at: int = 1,
    loss: Loss = own_loss,
    build: Callable[[], nn.Module] = Net,
) -> Training:
    """Five steps on 24 samples each; the experiment is made in the step `at`."""
    for seed in (torch.manual_seed, random.seed, numpy.random.seed):
        seed(0)
    model, told, heard = build(), Training(), list[int]()
    model.register_forward_hook(lambda *_: heard.append(1))
    with _tapped(folder, experiment, at) as steered:
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        for _ in range(5):
            x = torch.randn(24, 6)
            optimizer.zero_grad(set_to_none=False)
            ended = loss(model, x, x[:, :3].argmax(1))
            torch.autograd.backward(ended)
            told.states.append(state(model, optimizer, [*heard]))
            optimizer.step()
    told.steered = steered()
    return told


@contextmanager
def _tapped(
    folder: Path, experiment: Callable[..., Mapping[str, float]] | None, at: int
) -> Iterator[Callable[[], Steered | None]]:
    journal = Journal(folder / f"{experiment is None}.jsonl")
    changes = () if experiment is None else (StepReplayed(experiment, at),)
    installed = tap.Tap(Watch(journal, Places(), light=True), Rehearsal(journal, Shortening()), None, changes)
    with put_back(installed.install):
        yield lambda: read_trace(journal.path).steered
        installed.finish()
    journal.close()


def state(model: nn.Module, optimizer: torch.optim.Optimizer, heard: list[int]) -> dict[str, str]:
    def of(thing: object) -> str:
        return hashlib.sha256(pickle.dumps(thing)).hexdigest()

    parameters = list(model.parameters())
    return {
        "parameters": of([one.detach().numpy().tobytes() for one in parameters]),
        "buffers": of([one.numpy().tobytes() for one in model.buffers()]),
        "gradients": of([None if one.grad is None else one.grad.numpy().tobytes() for one in parameters]),
        "optimizer": of([[v.numpy().tobytes() for v in optimizer.state[one].values()] for one in parameters])
        + str(optimizer.state_dict()["param_groups"]),
        "modes": str([part.training for part in model.modules()]),
        "hooks": str([len(part._forward_hooks) for part in model.modules()] + heard),
        "random": of((random.getstate(), numpy.random.get_state(), torch.get_rng_state().numpy().tobytes())),
    }
