"""Most iterations of a long run of fast steps are slept through: what must be seen is seen all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nndoctor.trace import Trace
from nndoctor.worker.attention import Attention
from nndoctor.worker.journal import read_trace

ROOT = Path(__file__).parent.parent
STAGES = """
import sys
from pathlib import Path
import torch
from torch import nn
from nndoctor.worker import cost
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

cost.GRACE = 0.0
cost.Purse.wakes_at = lambda purse, iteration: iteration if iteration < 32 else iteration + -iteration % 5
tap = install(Journal(Path(sys.argv[1])), light=False)


def train(model):
    x = torch.randn(64, 6)
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    for _ in range(31):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


for width in range(5, 17):
    train(nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 1)))
tap.finish()
"""
TURNS = """
import sys
from pathlib import Path
import torch
from torch import nn
from nndoctor.worker import cost
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

cost.GRACE = 0.0
cost.Purse.wakes_at = lambda purse, iteration: iteration if iteration < 16 else iteration + -iteration % 7
tap = install(Journal(Path(sys.argv[1])), light=False)
model = nn.Linear(2, 1)
for _ in range(80):
    (model(torch.ones(3, 2)) * 0).sum().add(1).backward()
    (model(torch.ones(3, 2)) * 0).sum().add(2).backward()
tap.finish()
"""
PROGRAM = """
import sys
from pathlib import Path
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from nndoctor.worker import cost
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

cost.ATTENDED_ITERATIONS, cost.WINDOW, cost.ATTENDED_SHARE, cost.GRACE = 32, 8, 1e-4, 0.0
tap = install(Journal(Path(sys.argv[1])), light=False)
micro, clean, poison = (int(word) for word in sys.argv[2:])
torch.manual_seed(0)
x = torch.randn(400, 6)
y = (x[:, 0] > 0).long()
model = nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.1), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), 1e-3)
criterion = nn.CrossEntropyLoss()
train = DataLoader(TensorDataset(x, y), 4, shuffle=True)
valid = DataLoader(TensorDataset(x[:40], y[:40]), 20)
done = 0
for epoch in range(12):
    model.train()
    for inputs, labels in train:
        if done == poison:
            inputs = inputs.clone()
            inputs[0, 0] = float("nan")
        criterion(model(inputs), labels).backward()
        done += 1
        if done % micro == 0:
            optimizer.step()
            if clean:
                optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        for inputs, labels in valid:
            criterion(model(inputs), labels)
tap.finish()
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    @cache
    def trace(micro: int, clean: int, poison: int) -> Trace:
        journal = tmp_path_factory.mktemp("run") / "journal"
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(journal), str(micro), str(clean), str(poison)],
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        return read_trace(journal)

    return trace


def test_the_curve_is_whole_and_every_evaluation_is_seen(run) -> None:  # type: ignore[no-untyped-def]
    trace = run(1, 1, -1)
    assert [row.index for row in trace.iterations] == list(range(1200))
    assert all(row.loss is not None for row in trace.iterations)
    slept = [row for row in trace.iterations if row.learning_rate is None]
    assert len(slept) > 600, "nothing was slept through: this test says nothing"
    looks = [one for one in trace.passes if one.evaluating]
    assert len(looks) == 12
    assert all(one.calls == 2 and not one.training and one.loss is not None for one in looks)


def test_steps_and_backward_passes_are_all_counted(run) -> None:  # type: ignore[no-untyped-def]
    total = run(4, 1, -1).totals[0]
    assert (total.steps, total.backwards) == (300, 1200)
    assert 8 <= total.judged < 300


@pytest.mark.parametrize("micro", [1, 4])
def test_gradients_that_are_cleaned_are_not_taken_for_remains(run, micro: int) -> None:  # type: ignore[no-untyped-def]
    total = run(micro, 1, -1).totals[0]
    assert (total.uncleaned, total.idle) == (0, 0)


def test_gradients_that_nobody_cleans_are_seen(run) -> None:  # type: ignore[no-untyped-def]
    total = run(1, 0, -1).totals[0]
    assert total.uncleaned == total.judged - 1


def test_a_batch_that_is_not_finite_is_named_though_its_iteration_was_slept_through(run) -> None:  # type: ignore[no-untyped-def]
    trace = run(1, 1, 1001)
    assert next(row for row in trace.iterations if row.index == 1001).learning_rate is None
    assert trace.nonfinite is not None
    assert (trace.nonfinite.iteration, trace.nonfinite.loss, trace.nonfinite.inputs) == (1001, True, True)


def test_the_first_steps_of_a_new_optimizer_are_looked_at_closely_whatever_it_costs() -> None:
    attention = Attention(light=False)
    attention.purse.spent = 1e9
    attention.purse.wakes_at = lambda iteration: iteration + 7 if iteration % 8 else iteration  # type: ignore[method-assign]
    closely = []
    for iteration in range(60):
        if iteration == 43:
            attention.startle(iteration)
        if attention.is_new(iteration):
            attention.turn_to(iteration)
        closely.append(attention.close)
    assert [n for n, close in enumerate(closely) if close] == [0, 1, 2, 43, 44, 45]


def test_losses_of_two_lines_make_two_curves_though_they_were_slept_through(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", TURNS, str(journal)], check=True, env=environment)
    slept = [row for row in read_trace(journal).iterations if row.learning_rate is None]
    assert len(slept) > 60, "nothing was slept through"
    assert all((row.loss == 2.0) is (row.index % 2 == 1) for row in slept)
    assert len({(row.curve, row.loss) for row in slept}) == len({row.curve for row in slept}) == 2


def test_what_every_optimizer_holds_is_known_though_its_first_steps_were_slept_through(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", STAGES, str(journal)], check=True, env=environment)
    trace = read_trace(journal)
    assert sum(row.learning_rate is None for row in trace.iterations) > 30, "nothing was slept through"
    held = {name for optimizer in trace.optimizers.values() for name in optimizer.groups[0].parameters}
    assert [optimizer.foreign for optimizer in trace.optimizers.values()] == [0] * 12
    assert len(held) == 12 * 4
