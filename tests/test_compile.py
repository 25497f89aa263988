"""Under the tap a compiled training has as many graphs and breaks as alone, and the same losses to the last bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "compiling.py"
WAYS = 9

pytestmark = pytest.mark.slow


def outcomes(backend: str, how: str) -> dict[str, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), backend, how],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROGRAM.parent.parent)},
    )
    return {way: outcome for line in done.stdout.splitlines() for way, outcome in json.loads(line).items()}


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_graphs_breaks_and_losses_are_those_of_the_bare_run(backend: str, tmp_path: Path) -> None:
    bare = outcomes(backend, "bare")
    assert len(bare) == WAYS
    assert all(outcome["graphs"] for outcome in bare.values())
    assert bare["broken"]["breaks"]
    assert outcomes(backend, str(tmp_path / "journal")) == bare
