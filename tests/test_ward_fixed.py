"""Whole way: a sick program is examined, fixed in as few lines as were planted, and found cured."""

from __future__ import annotations

import difflib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WARD = Path(__file__).parent / "ward"
FIXED = [
    "architecture/dimension-mismatch",
    "data/not-shuffled",
    "data/same-batch-every-step",
    "fresh/gradients/graph-reuse-or-inplace/stateful-lstm",
    "fresh/initialization/symmetric/char-lm",
    "fresh/loss/softmax-before-cross-entropy/trainer-class",
    "fresh/optimization/step-missing-or-misordered/accumulate-trainer",
    "gradients/not-zeroed",
    "initialization/scale-too-large",
    "loss/label-out-of-range",
    "loss/logits-into-probability-loss",
    "loss/sigmoid-before-bce-with-logits",
    "loss/silent-broadcast",
    "memory/eval-without-no-grad",
    "memory/graph-retained",
    "mode/eval-missing",
    "mode/train-not-restored",
    "optimization/learning-rate-too-low",
    "optimization/step-missing-or-misordered",
    "styles/checkpointing/gradients/detached-subgraph",
    "styles/lightning/optimization/parameters-missing-from-optimizer",
]

pytestmark = pytest.mark.slow


def changed_lines(before: str, after: str) -> int:
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(row[:1] in ("+", "-") and row[:3] not in ("+++", "---") for row in rows)


def nndoctor(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nndoctor", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.parametrize("name", FIXED)
def test_a_sick_program_is_cured_in_no_more_lines_than_were_planted(name: str, tmp_path: Path) -> None:
    sick, healthy = WARD / name / "sick.py", WARD / name / "healthy.py"
    script = tmp_path / "train.py"
    shutil.copy(sick, script)
    examined = nndoctor(tmp_path, "examine", "--no-trials", "--quiet", "--json", "case.json", "train.py")
    assert examined.returncode == 1, examined.stderr
    assert script.read_text() == sick.read_text()  # to examine changes nothing
    fixed = nndoctor(tmp_path, "fix", "case.json", "--yes", "--quiet", "--lang", "en")
    assert "\nCured\n" in fixed.stdout, fixed.stdout + fixed.stderr
    assert fixed.returncode == 0
    size = changed_lines(sick.read_text(), script.read_text())
    print(f"{name}: {size} lines of {changed_lines(sick.read_text(), healthy.read_text())} planted")
    assert 0 < size <= changed_lines(sick.read_text(), healthy.read_text())
    assert (tmp_path / "train.py.before-nndoctor").read_text() == sick.read_text()
