"""On a GPU: diseases are found, nothing is changed, and the watching does not make the program wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PATIENT = Path(__file__).parent / "ward" / "cuda_patient.py"
ROOT = Path(__file__).parent.parent
DISEASES = {
    "softmax-before-cross-entropy": "loss/softmax-before-cross-entropy",
    "learning-rate-too-high": "optimization/learning-rate-too-high",
    "not-zeroed": "gradients/not-zeroed",
    "graph-retained": "memory/graph-retained",
    "eval-without-no-grad": "memory/eval-without-no-grad",
    "nonfinite-values": "data/nonfinite-values",
    "label-out-of-range": "loss/label-out-of-range",
}
COUNTING = """
import collections, runpy, sys, warnings
import torch
where = collections.Counter()
def show(message, *rest, **named):
    where["sync" if "synchronizing" in str(message) else "other"] += 1
warnings.showwarning = show
warnings.simplefilter("always")
if sys.argv[1] != "bare":
    from pathlib import Path
    from nndoctor.worker.journal import Journal
    from nndoctor.worker.tap import install
    from nndoctor.worker import cost
    cost.SHARE, cost.GRACE = 0.0, 0.0  # close looks at the first three steps only: they may wait
    tap = install(Journal(Path(sys.argv[1])), light=False)
torch.cuda.init()
torch.cuda.set_sync_debug_mode("warn")
sys.argv = [sys.argv[2], sys.argv[3]]
runpy.run_path(sys.argv[0], run_name="__main__")
print("synchronizations", where["sync"])
"""

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def examined(state: str, folder: Path) -> tuple[int, dict[str, object], str]:
    (folder / "train.py").write_text(PATIENT.read_text())
    done = run("-m", "nndoctor", "examine", "train.py", "--json", "out.json", "--", state, folder=folder)
    return done.returncode, json.loads((folder / "out.json").read_text()), done.stdout + done.stderr


@pytest.mark.parametrize("state", DISEASES)
def test_the_cause_comes_first(state: str, tmp_path: Path) -> None:
    code, report, said = examined(state, tmp_path)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [(one["rule"], one["status"]) for one in findings[:1]] == [(DISEASES[state], "confirmed")], said
    assert code == 1


@pytest.mark.parametrize("state", ["healthy", "half"])
def test_a_healthy_training_has_no_finding(state: str, tmp_path: Path) -> None:
    code, report, said = examined(state, tmp_path)
    assert report["findings"] == [], said
    assert code == 0


def test_too_little_memory_is_told_as_what_it_is(tmp_path: Path) -> None:
    _, report, said = examined("out-of-memory", tmp_path)
    assert "cuda-out-of-memory" in [one["id"] for one in report["symptoms"]], said  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", ["healthy", "half", "steps"])
def test_the_output_is_the_same_to_the_bit_and_training_steps_are_not_made_to_wait(state: str, tmp_path: Path) -> None:
    bare = run("-c", COUNTING, "bare", str(PATIENT), state, folder=tmp_path)
    seen = run("-c", COUNTING, str(tmp_path / "journal"), str(PATIENT), state, folder=tmp_path)
    assert bare.returncode == seen.returncode == 0, bare.stderr + seen.stderr
    *told, waits = bare.stdout.splitlines()
    *told_too, waits_too = seen.stdout.splitlines()
    assert told == told_too
    # three close looks, and the first 64 calls of an evaluation, read their numbers at once: some 48 waits each were
    # counted on an H200; one wait more at each of the 400 steps would be 400
    looks = 3 if state == "steps" else 3 + 40
    assert int(waits_too.split()[1]) - int(waits.split()[1]) < 60 * looks + 100
