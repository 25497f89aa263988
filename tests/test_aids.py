"""Debugging aids are noticed where they are on, by the line that switched them on; and can be kept off."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.burden import AidSeen
from nndoctor.worker.journal import read_trace

ROOT = Path(__file__).parent.parent
TAPPED = """
import sys
from pathlib import Path
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install
tap = install(Journal(Path(sys.argv[1])), light=False)
exec(compile(Path(sys.argv[2]).read_text(), sys.argv[2], "exec"))
tap.finish()
"""
PROGRAM = """import contextlib
import torch
model = torch.nn.Linear(3, 1)
def train(step):
    model(torch.ones(4, 3)).pow(2).mean().backward()
"""


def aids(folder: Path, program: str) -> tuple[AidSeen, ...]:
    script = folder / "train.py"
    script.write_text(PROGRAM + program)
    subprocess.run(
        [sys.executable, "-c", TAPPED, str(folder / "journal"), str(script)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    burden = read_trace(folder / "journal").burden
    assert burden is not None
    return burden.aids


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("torch.autograd.set_detect_anomaly(True)\nfor step in range(20): train(step)", "anomaly"),
        ("with torch.autograd.detect_anomaly():\n    for step in range(20): train(step)", "anomaly"),
        ("with torch.profiler.profile():\n    for step in range(20): train(step)", "profiler"),
    ],
)
def test_an_aid_that_is_on_throughout(tmp_path: Path, program: str, kind: str) -> None:
    (aid,) = aids(tmp_path, program)
    assert (aid.kind, aid.on, aid.looked, aid.late) == (kind, 20, 20, True)
    assert aid.place is not None
    assert aid.place.line == PROGRAM.count("\n") + 1


def test_an_aid_that_is_on_for_some_steps(tmp_path: Path) -> None:
    program = """
for step in range(20):
    with torch.autograd.detect_anomaly() if step < 3 else contextlib.nullcontext():
        train(step)
"""
    (aid,) = aids(tmp_path, program)
    assert (aid.on, aid.looked, aid.late) == (3, 20, False)


def test_a_profiler_with_a_schedule(tmp_path: Path) -> None:
    program = """
with torch.profiler.profile(schedule=torch.profiler.schedule(wait=1, warmup=1, active=3, repeat=1)) as profiler:
    for step in range(20):
        train(step)
        profiler.step()
"""
    (aid,) = aids(tmp_path, program)
    assert aid.on < 6
    assert not aid.late


def test_nothing_is_on_in_a_plain_loop(tmp_path: Path) -> None:
    assert aids(tmp_path, "torch.autograd.set_detect_anomaly(False)\nfor step in range(20): train(step)") == ()
