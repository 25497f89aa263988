"""Small trainings in many styles, run bare or under the tap: `python trainings.py bare` or `... JOURNAL`.

Prints, as JSON, for each style a digest of the final weights and random states, and every loss to the last bit.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

from nndoctor.worker import cost
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import Tap, install

Losses = Iterator[float]


def data(n: int = 256) -> tuple[Tensor, Tensor]:
    x = torch.randn(n, 12)
    return x, (x[:, :3].argmax(1)).long()


def net(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(12, 32), nn.ReLU(), *layers, nn.Linear(32, 3))


def plain_loop(keep: list[nn.Module]) -> Losses:
    x, y = data()
    model = net(nn.BatchNorm1d(32), nn.Dropout(0.2))
    keep.append(model)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        model.train()
        for inputs, labels in DataLoader(TensorDataset(x, y), 32, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            schedule.step()
            yield loss.item()
        model.eval()
        with torch.no_grad():
            yield criterion(model(x), y).item()


def two_optimizers(keep: list[nn.Module]) -> Losses:
    real, _ = data()
    maker, judge = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 12)), nn.Linear(12, 1)
    keep += [maker, judge]
    makes = torch.optim.Adam(maker.parameters(), 1e-3)
    judges = torch.optim.Adam(judge.parameters(), 1e-3)
    for n in range(20):
        batch = real[n * 8 : n * 8 + 8]
        fake = maker(torch.randn(8, 4))
        judge.zero_grad()
        logits = torch.cat([judge(batch), judge(fake.detach())])
        wanted = torch.cat([torch.ones(8, 1), torch.zeros(8, 1)])
        loss = F.binary_cross_entropy_with_logits(logits, wanted)
        loss.backward()
        judges.step()
        maker.zero_grad()
        deceit = F.binary_cross_entropy_with_logits(judge(fake), torch.ones(8, 1))
        deceit.backward()
        makes.step()
        yield loss.item() + deceit.item()


def accumulation_and_clipping(keep: list[nn.Module]) -> Losses:
    x, y = data()
    model = net()
    keep.append(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    for n in range(24):
        loss = F.cross_entropy(model(x[n * 8 : n * 8 + 8]), y[n * 8 : n * 8 + 8]) / 4
        loss.backward()
        if n % 4 == 3:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        yield loss.item()


def closure(keep: list[nn.Module]) -> Losses:
    x, y = data(64)
    model = net()
    keep.append(model)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(4):
        yield float(optimizer.step(evaluate))


def by_hand(keep: list[nn.Module]) -> Losses:
    x, y = data()
    first = (torch.randn(12, 16) * 0.3).requires_grad_()
    second = (torch.randn(16, 3) * 0.3).requires_grad_()
    for n in range(16):
        loss = F.nll_loss(F.log_softmax(torch.relu(x[n * 16 :][:16] @ first) @ second, 1), y[n * 16 :][:16])
        loss.backward()
        with torch.no_grad():
            for weight in (first, second):
                assert weight.grad is not None
                weight.sub_(0.1 * weight.grad)
                weight.grad = None
        yield loss.item()


def checkpointing(keep: list[nn.Module]) -> Losses:
    x, y = data()
    model, head = net(nn.Dropout(0.1)), nn.Linear(3, 3)
    keep += [model, head]
    optimizer = torch.optim.AdamW([*model.parameters(), *head.parameters()], 1e-3)
    for n in range(12):
        hidden = checkpoint(model, x[n * 16 :][:16], use_reentrant=False)
        loss = F.cross_entropy(head(hidden), y[n * 16 :][:16])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def penalty(keep: list[nn.Module]) -> Losses:
    x, _ = data()
    model = nn.Sequential(nn.Linear(12, 16), nn.Tanh(), nn.Linear(16, 1))
    keep.append(model)
    optimizer = torch.optim.RMSprop(model.parameters(), 1e-3)
    for n in range(12):
        inputs = x[n * 16 :][:16].clone().requires_grad_()
        value = model(inputs)
        (slope,) = torch.autograd.grad(value.sum(), inputs, create_graph=True)
        loss = (value**2).mean() + ((slope.norm(dim=1) - 1) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def half_precision(keep: list[nn.Module]) -> Losses:
    x, y = data()
    model = net()
    keep.append(model)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu")
    for n in range(12):
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(model(x[n * 16 :][:16]), y[n * 16 :][:16])
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        yield loss.item()


STYLES: tuple[Callable[[list[nn.Module]], Losses], ...] = (
    plain_loop,
    two_optimizers,
    accumulation_and_clipping,
    closure,
    by_hand,
    checkpointing,
    penalty,
    half_precision,
)


def outcome(style: Callable[[list[nn.Module]], Losses]) -> dict[str, object]:
    """The losses of a style and the digest of all it leaves behind."""
    torch.manual_seed(7)
    numpy.random.seed(7)
    random.seed(7)
    models: list[nn.Module] = []
    losses = [loss.hex() for loss in style(models)]
    digest = hashlib.sha256(torch.get_rng_state().numpy().tobytes())
    digest.update(repr((random.getstate(), numpy.random.get_state()[1].tolist())).encode())  # type: ignore[index]
    for model in models:
        digest.update(repr([part.training for part in model.modules()]).encode())
        digest.update(repr([len(part._forward_hooks) for part in model.modules()]).encode())
        for tensor in [
            *model.parameters(),
            *model.buffers(),
            *(p.grad for p in model.parameters() if p.grad is not None),
        ]:
            digest.update(tensor.detach().numpy().tobytes())
    return {"losses": losses, "digest": digest.hexdigest()}


def main(journal: str) -> None:
    torch.set_num_threads(1)
    tap = None if journal == "bare" else watched(journal)
    for style in STYLES:
        print(json.dumps({style.__name__: outcome(style)}))
    if tap is not None:
        tap.finish()


def watched(journal: str) -> Tap:
    # on a busy machine the purse would be empty before the last style
    cost.GRACE = math.inf
    return install(Journal(Path(journal)), light=False)


if __name__ == "__main__":
    main(sys.argv[1])
