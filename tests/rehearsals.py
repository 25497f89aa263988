"""Loops over real loaders, bare, watched or cut: `python rehearsals.py bare|watched|cut JOURNAL`.

Prints, as JSON, for each loop the lengths of its passes, a digest of the batches drawn and of all random states.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset

from nndoctor.worker import rehearsal
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

Lengths = list[int]


class Grown(Dataset[Tensor]):
    """Samples made where they are asked for, with noise from torch's own generator."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Tensor:
        return torch.full((3,), float(index)) + 0.01 * torch.rand(3)


class Stream(IterableDataset[Tensor]):
    def __init__(self, count: int | None) -> None:
        self.count = count

    def __iter__(self) -> Iterator[Tensor]:
        number = 0
        while self.count is None or number < self.count:
            yield torch.full((3,), float(number))
            number += 1


class Program:
    """A model in training, and a digest of every batch it was given."""

    def __init__(self) -> None:
        torch.manual_seed(1)
        self.model = nn.Linear(3, 1)
        self.optimizer = torch.optim.SGD(self.model.parameters(), 1e-6)
        self.seen = hashlib.sha256()
        self.prefixes: list[list[str]] = []

    def train(self, batches: Any) -> int:
        count, given = 0, []
        for batch in batches:
            self.step(batch)
            given.append(hashlib.sha256(batch.numpy().tobytes()).hexdigest()[:8])
            count += 1
        self.prefixes.append(given)
        return count

    def step(self, batch: Tensor) -> None:
        self.seen.update(batch.numpy().tobytes())
        self.optimizer.zero_grad()
        self.model(batch).pow(2).mean().backward()
        self.optimizer.step()

    @torch.no_grad()
    def validate(self, batches: Any) -> int:
        return sum(1 for batch in batches if self.model(batch) is not None)


def epochs(program: Program, train: Any, validation: Any) -> Lengths:
    return [count for _ in range(3) for count in (program.train(train), program.validate(validation))]


def plain(program: Program) -> Lengths:
    return epochs(program, DataLoader(Grown(160), 4, shuffle=True), DataLoader(Grown(80), 4))


def workers(program: Program) -> Lengths:
    """The iterator is kept, so that nothing but its end ends its workers; they are counted then."""
    counts, train = [], DataLoader(Grown(160), 4, num_workers=2)
    for _ in range(3):
        batches = iter(train)
        counts += [program.train(batches), len(multiprocessing.active_children())]
        counts.append(program.validate(DataLoader(Grown(12), 4)))
    return counts


def persistent_workers(program: Program) -> Lengths:
    train = DataLoader(Grown(160), 4, shuffle=True, num_workers=2, persistent_workers=True)
    return epochs(program, train, DataLoader(Grown(80), 4, num_workers=1))


def streamed(program: Program) -> Lengths:
    return epochs(program, DataLoader(Stream(160), 4), DataLoader(Stream(20), 4))


def short(program: Program) -> Lengths:
    return epochs(program, DataLoader(Grown(20), 4), DataLoader(Grown(8), 4))


def left_by_the_user(program: Program) -> Lengths:
    counts = []
    for _ in range(3):
        train = DataLoader(Grown(160), 4, shuffle=True)
        counts.append(program.train(batch for batch, _ in zip(train, range(5))))  # noqa: B905
        counts.append(program.validate(DataLoader(Grown(8), 4)))
    return counts


def nested(program: Program) -> Lengths:
    counts, train = [], DataLoader(Grown(160), 4, shuffle=True)
    for _ in range(3):
        count = 0
        for batch in train:
            program.step(batch)
            count += 1
            if count % 6 == 0:
                counts.append(program.validate(DataLoader(Grown(8), 4)))
        counts.append(count)
    return counts


def for_ever(program: Program) -> Lengths:
    """Steps are counted, not epochs; the loader goes round and round."""

    def round_and_round() -> Iterator[Tensor]:
        while True:
            yield from DataLoader(Grown(160), 4, shuffle=True)

    batches = round_and_round()
    for _ in range(130):
        program.step(next(batches))
    return [130, program.validate(DataLoader(Grown(8), 4))]


def without_end(program: Program) -> Lengths:
    """An endless stream, drawn from by hand: an end would be a crash."""
    batches = iter(DataLoader(Stream(None), 4))
    for _ in range(60):
        program.step(next(batches))
    return [60]


LOOPS: tuple[Callable[[Program], Lengths], ...] = (
    plain,
    workers,
    persistent_workers,
    streamed,
    short,
    left_by_the_user,
    nested,
    for_ever,
    without_end,
)


def outcome(loop: Callable[[Program], Lengths]) -> dict[str, object]:
    random.seed(7)
    numpy.random.seed(7)
    program = Program()
    lengths = loop(program)
    states = repr((random.getstate(), numpy.random.get_state()[1].tolist()))  # type: ignore[index]
    state = hashlib.sha256(torch.get_rng_state().numpy().tobytes() + states.encode()).hexdigest()
    weights = hashlib.sha256(program.model.weight.detach().numpy().tobytes()).hexdigest()
    return {
        "lengths": lengths,
        "bits": [program.seen.hexdigest(), state, weights],
        "prefixes": program.prefixes,
    }


def main(how: str, journal: str) -> None:
    torch.set_num_threads(1)
    rehearsal.ENOUGH, rehearsal.LEAST = 10, 6
    # that the run goes on after it shows that nothing is cut any more
    rehearsal.Rehearsal.is_over = False  # type: ignore[assignment,method-assign]
    for loop in LOOPS:
        # a process for each: hooks are never taken out again
        child = os.fork()
        if not child:
            if how != "bare":
                tapped(how, f"{journal}.{loop.__name__}")
            print(json.dumps({loop.__name__: outcome(loop)}), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


def tapped(how: str, journal: str) -> None:
    wish = rehearsal.Shortening(None, 1e6, "always" if how == "cut" else "as_needed")
    install(Journal(Path(journal)), light=False, shortening=wish)


if __name__ == "__main__":
    main(*sys.argv[1:])
