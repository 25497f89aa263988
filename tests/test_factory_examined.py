"""A `module:factory` through the command line, as a person runs it: a sick one, and its healthy twin."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.report.json_report import schema
from tests.schema import violations

pytestmark = pytest.mark.slow

PARTS = """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))

    def forward(self, x):
        {result}


def make():
    torch.manual_seed(3)
    angle, ring = torch.rand(1200) * 6.283, torch.arange(1200) % 3
    points = torch.stack((angle.cos(), angle.sin()), 1) * (1 + ring[:, None]) / 2 + 0.05 * torch.randn(1200, 2)
    loader = DataLoader(TensorDataset(points, ring), batch_size=64, shuffle=True)
    net = Net()
    return net, nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=3e-3), loader
"""


def examined(folder: Path, result: str) -> tuple[int, dict[str, object], str]:
    (folder / "rings.py").write_text(PARTS.replace("{result}", result))
    done = subprocess.run(
        [sys.executable, "-m", "nndoctor", "examine", "rings:make", "--json", "out.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (folder / "out.json").exists(), done.stdout + done.stderr
    return done.returncode, json.loads((folder / "out.json").read_text()), done.stdout + done.stderr


def test_a_sick_factory_is_found_sick_at_the_line_of_its_model(tmp_path: Path) -> None:
    result = "return torch.softmax(self.body(x), 1)"
    code, report, said = examined(tmp_path, result)
    assert code == 1, said
    assert violations(report, json.loads(schema())) == []
    assert report["patient"] == {"target": "rings:make", "kind": "factory", "arguments": []}
    findings = report["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["rule"], findings[0]["status"]) == ("loss/softmax-before-cross-entropy", "confirmed"), said
    places = [place for evidence in findings[0]["evidence"] for place in evidence["where"]]
    assert {"file": "rings.py", "line": 12, "code": result, "function": "forward"} in places
    assert "loop.py" not in said
    assert {path.name for path in tmp_path.iterdir()} == {"rings.py", "out.json"}


def test_its_healthy_twin_is_left_alone(tmp_path: Path) -> None:
    code, report, said = examined(tmp_path, "return self.body(x)")
    findings = report["findings"]
    assert isinstance(findings, list)
    assert (code, [finding["rule"] for finding in findings]) == (0, []), said
