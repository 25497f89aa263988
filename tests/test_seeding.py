"""Seeds set again to the same value between the steps are counted; other seeds are none of our business."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.worker.journal import read_trace

ROOT = Path(__file__).parent.parent
PROGRAM = """
import random, sys
from pathlib import Path
import numpy, torch
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install

tap = install(Journal(Path(sys.argv[1])), light=False)
torch.manual_seed(3)
model = torch.nn.Linear(3, 1)
for step in range(20):
    {line}
    x = torch.randn(8, 3)
    model(x).pow(2).mean().backward()

tap.finish()
"""


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("torch.manual_seed(7)", 19),
        ("numpy.random.seed(7)", 19),
        ("random.seed(7)", 19),
        ("torch.manual_seed(step)", 0),
        ("step % 10 or torch.manual_seed(7)", 1),
        ("pass", 0),
    ],
)
def test_how_often_a_seed_is_set_to_what_it_was(tmp_path: Path, line: str, times: int) -> None:
    def printed(program: str, journal: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program, journal],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        ).stdout

    watched = PROGRAM.replace("{line}", line)
    printed(watched, str(tmp_path / "journal"))
    reseeded = read_trace(tmp_path / "journal").reseeded
    assert (reseeded.iterations if reseeded else 0) == times
