"""A training of days, examined in a minute or so: what sits behind the end of an epoch is found in a rehearsal."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "hours_long.py"
WHOLE_EPOCHS = "needs whole epochs"

pytestmark = pytest.mark.slow


def examined(folder: Path, *words: str) -> dict[str, object]:
    shutil.copy(PROGRAM, folder / "train.py")
    command = [sys.executable, "-m", "nndoctor", "examine", "train.py", "--budget", "75", "--json", "-", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    report: dict[str, object] = json.loads(done.stdout)
    return report


def confirmed(report: dict[str, object]) -> list[str]:
    findings = report["findings"]
    assert isinstance(findings, list)
    return [finding["rule"] for finding in findings if finding["status"] == "confirmed"]


@pytest.mark.parametrize(
    ("word", "causes"),
    [("", []), ("no-eval", ["mode/eval-missing"]), ("no-train", ["mode/train-not-restored"])],
    ids=["healthy", "no-eval", "no-train"],
)
def test_a_disease_behind_the_end_of_an_epoch_is_found_and_its_absence_too(
    word: str, causes: list[str], tmp_path: Path
) -> None:
    report = examined(tmp_path, "--", word)
    watching, left = report["watching"], report["not_examined"]
    assert isinstance(watching, dict)
    assert isinstance(left, list)
    assert (watching["how"], watching["of"]) == ("rehearsed", 20_019)
    assert watching["passes"] >= 4
    assert confirmed(report) == causes
    why = {one["rule"]: one["why"] for one in left}
    assert WHOLE_EPOCHS in why.get("optimization/learning-rate-too-low", WHOLE_EPOCHS)
    assert not (tmp_path / "checkpoint.pt").exists()
