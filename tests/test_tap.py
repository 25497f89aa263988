"""The tap sees trainings of every style, and leaves each as it was, to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from nndoctor.trace import Trace
from nndoctor.worker.journal import read_trace

PROGRAM = Path(__file__).parent / "trainings.py"
NAMES = (
    "plain_loop",
    "two_optimizers",
    "accumulation_and_clipping",
    "closure",
    "by_hand",
    "checkpointing",
    "penalty",
    "half_precision",
)


@cache
def outcomes(how: str) -> dict[str, object]:
    """What each style of training gives, bare or with its journal at this path."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), how],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROGRAM.parent.parent)},
    )
    return {name: outcome for line in done.stdout.splitlines() for name, outcome in json.loads(line).items()}


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tap") / "journal"
    outcomes(str(path))
    return path


@pytest.fixture(scope="module")
def trace(journal: Path) -> Trace:
    return read_trace(journal)


@pytest.mark.parametrize("style", NAMES)
def test_weights_losses_modes_and_random_states_are_the_same_to_the_bit(style: str, journal: Path) -> None:
    assert outcomes(str(journal))[style] == outcomes("bare")[style]


def test_every_style_left_its_losses(trace: Trace) -> None:
    lines = {site.place.function for site in trace.sites.values() if site.place is not None}
    # a closure calls backward from its own function
    assert lines == {*NAMES, "evaluate"} - {"closure"}


def test_a_scaled_loss_is_recorded_as_it_was(trace: Trace) -> None:
    (curve,) = (n for n, site in trace.sites.items() if site.place and site.place.function == "half_precision")
    losses = [row.loss for row in trace.iterations if row.curve == curve]
    assert losses
    assert all(loss is not None and loss < 10 for loss in losses)


def test_no_healthy_loop_has_uncleaned_or_idle_steps(trace: Trace) -> None:
    assert {total.optimizer: (total.uncleaned, total.idle) for total in trace.totals.values()} == dict.fromkeys(
        trace.totals, (0, 0)
    )
    assert sum(total.steps for total in trace.totals.values()) == 24 + 20 + 20 + 6 + 4 + 12 + 12 + 12


def test_evaluation_is_told_from_training(trace: Trace) -> None:
    first = [stretch for stretch in trace.passes if stretch.model == 0]
    assert [(p.evaluating, p.training, p.active > 0, p.calls) for p in first] == [
        (False, True, True, 8),
        (True, False, False, 1),
    ] * 3
    assert first[1].loss is not None
    assert first[1].accuracy is not None


def test_the_graph_names_loss_targets_and_reach(trace: Trace) -> None:
    heads = {graph.head for graph in trace.graphs}
    assert {"nll_loss", "binary_cross_entropy_with_logits", "custom"} <= heads
    first = trace.graphs[0]
    assert first.before == ("log_softmax",)
    assert first.target is not None
    assert first.target.shape == (32,)
    assert not first.unreached
    assert len(first.reached) == 6


def test_a_model_that_trains_through_another_is_seen_to_feed_it(trace: Trace) -> None:
    feeding = {stretch.model for stretch in trace.passes if stretch.feeds}
    kinds = {trace.models[model].parameters[0].shape for model in feeding}
    # the generator; and the model whose output a second one takes in `checkpointing`
    assert (16, 4) in kinds
    assert (1, 12) not in kinds
