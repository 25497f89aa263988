"""A notebook through the command line, as a person runs it: a sick one, its healthy twin, and what the reports show."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.report.json_report import schema
from tests.notebooks import written
from tests.schema import violations

pytestmark = pytest.mark.slow

CELLS = (
    "# Rings\nTwo classes, one inside the other.",
    "%matplotlib inline\n!pip install torch\nimport torch\nfrom torch import nn\n\ntorch.manual_seed(3)",
    "from torch.utils.data import DataLoader, TensorDataset\n"
    "angle, ring = torch.rand(1200) * 6.283, torch.arange(1200) % 3\n"
    "points = torch.stack((angle.cos(), angle.sin()), 1) * (1 + ring[:, None]) / 2 + 0.05 * torch.randn(1200, 2)\n"
    "loader = DataLoader(TensorDataset(points, ring), batch_size=64, shuffle=True)",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.body = nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))\n\n"
    "    def forward(self, x):\n        {result}\n\n"
    "net = Net()\noptimizer = torch.optim.Adam(net.parameters(), lr=3e-3)",
    "## Training",
    "%%time\nfor epoch in range(12):\n    for x, y in loader:\n        optimizer.zero_grad()\n"
    "        loss = nn.functional.cross_entropy(net(x), y)\n        loss.backward()\n        optimizer.step()\n"
    "    display(loss.item())",
)


def examined(folder: Path, result: str, *options: str) -> tuple[int, dict[str, object], str]:
    cells = [cell.replace("{result}", result) for cell in CELLS]
    written(folder / "rings.ipynb", *cells, markdown=(0, 4))
    done = subprocess.run(
        [sys.executable, "-m", "nndoctor", "examine", "rings.ipynb", "--json", "out.json", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads((folder / "out.json").read_text()), done.stdout + done.stderr


def test_a_sick_notebook_is_found_sick_and_every_report_names_the_cell(tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = "return torch.softmax(self.body(x), 1)"
    code, report, said = examined(tmp_path, result, "--html", "out.html", "--markdown", "out.md")
    assert code == 1, said
    assert violations(report, json.loads(schema())) == []
    findings = report["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["rule"], findings[0]["status"]) == ("loss/softmax-before-cross-entropy", "confirmed"), said
    places = [place for evidence in findings[0]["evidence"] for place in evidence["where"]]
    told = {"file": "rings.ipynb", "cell": 3, "line": 7, "code": result, "function": "forward"}
    assert told in places
    assert f"rings.ipynb cell 3, line 7\n         {result}" in said
    assert "rings.ipynb cell 3, line 7" in (tmp_path / "out.html").read_text()
    assert f"`rings.ipynb cell 3, line 7`\n\n```python\n{result}" in (tmp_path / "out.md").read_text()
    written_since = {path.name for path in tmp_path.iterdir()} - {path.name for path in before}
    assert written_since == {"rings.ipynb", "out.json", "out.html", "out.md"}


def test_its_healthy_twin_is_left_alone(tmp_path: Path) -> None:
    code, report, said = examined(tmp_path, "return self.body(x)")
    findings = report["findings"]
    assert isinstance(findings, list)
    assert (code, [finding["rule"] for finding in findings]) == (0, []), said
