"""Watched, every style of training prints what it prints alone, ends as it ends alone, and is said to be out of sight
where it is."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.case import Patient
from nndoctor.commands.target import patient_of
from nndoctor.lab import Lab
from nndoctor.wire import News, Printed, RunFinished, RunProbe
from tests.admission import HEALTHY, WARD, admitted, name_of

ROOT = Path(__file__).parents[1]
STYLES = [path for path in HEALTHY if path.is_relative_to(WARD / "styles")]
UNSEEN = {
    # program: the fact that tells what was out of sight, and a word of the reason that the user is given
    "functional": ("functional_gradients", "torch.func"),
    "autograd_grad": ("gradients_as_values", "torch.autograd.grad"),
    "threads": ("steps_in_threads", "main thread"),
    "forked": ("training_children", "first process"),
    "processes": ("started_processes", "first process"),
    "launcher": ("started_processes", "first process"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    # sums in another order give other last bits
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def alone(words: list[str], folder: Path) -> tuple[str, int]:
    """What the program prints, and its exit status, run as its author runs it."""
    command = [word for word in words if word != "--"]
    done = subprocess.run([sys.executable, *command], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout, done.returncode


def watched(patient: Patient, scratch: Path) -> tuple[str, int]:
    """The same of the watched run."""
    news: list[News] = []

    async def visit() -> None:
        async with Lab(patient, scratch, news.append) as lab:
            await lab.run(RunProbe("outcome", str(ROOT / "probes" / "outcome.py"), 600))

    asyncio.run(visit())
    printed = "".join(said.text for said in news if isinstance(said, Printed) and said.stream == "stdout")
    (code,) = (said.code for said in news if isinstance(said, RunFinished))
    return printed, code


def timeless(printed: str) -> str:
    """Without the times that Hugging Face's Trainer prints beside its losses."""
    return re.sub(r"'\w+_(runtime|per_second)': '[^']*'", "", printed)


@pytest.mark.parametrize("program", STYLES, ids=name_of)
def test_watching_changes_neither_what_is_printed_nor_the_exit_status(
    program: Path, tmp_path: Path, python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    words = admitted(program, home)
    monkeypatch.chdir(home)
    module = words[1] if words[0] == "-m" else ""
    rest = [word for word in words[2 if module else 0 :] if word != "--"]
    before = set(home.iterdir())
    seen = watched(patient_of(rest, module, python, 600), tmp_path / "scratch")
    assert set(home.iterdir()) == before
    printed, code = alone(words, home)
    assert (timeless(seen[0]), seen[1]) == (timeless(printed), code)


@pytest.mark.parametrize("style", UNSEEN)
def test_what_trains_out_of_sight_is_said_to_be_so_with_the_reason(style: str, tmp_path: Path) -> None:
    fact, reason = UNSEEN[style]
    words = admitted(WARD / "unseen" / f"{style}.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "nndoctor", "examine", *words, "--json", "out.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads((tmp_path / "out.json").read_text())
    assert done.returncode == 3, done.stderr
    assert report["findings"] == []
    (told,) = (probe for probe in report["probes"] if probe["id"] == "out_of_sight")
    assert list(told["facts"]) == [fact], told
    assert reason in done.stderr
    assert "train.py:" in done.stderr
