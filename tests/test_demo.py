"""The demo as a process: the shipped patient is examined the whole way, without a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.report.json_report import schema
from tests.schema import violations

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


def nndoctor(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = [
        sys.executable,
        "-c",
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from nndoctor.cli import main; main()",
    ]
    return subprocess.run(
        [*program, *words], cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_the_demo_names_the_cause_and_its_line_and_leaves_a_report(tmp_path: Path) -> None:
    ended = nndoctor(tmp_path, "demo")
    assert ended.returncode == 0, ended.stderr
    assert "loss/softmax-before-cross-entropy" in ended.stdout
    assert "return F.softmax(self.out(x), dim=1)" in ended.stdout
    assert "</html>" in (tmp_path / "nndoctor-report.html").read_text(encoding="utf-8")


def test_the_cured_patient_has_nothing(tmp_path: Path) -> None:
    sick = (ROOT / "nndoctor" / "patients" / "sort_parts.py").read_text(encoding="utf-8")
    (tmp_path / "cured.py").write_text(sick.replace("F.softmax(self.out(x), dim=1)", "self.out(x)"), encoding="utf-8")
    ended = nndoctor(tmp_path, "examine", "cured.py", "--json", "-", "--fail-on", "untidy")
    assert ended.returncode == 0, ended.stdout
    report = json.loads(ended.stdout)
    assert violations(report, json.loads(schema())) == []
    assert "loss/softmax-before-cross-entropy" in report["ruled_out"]
