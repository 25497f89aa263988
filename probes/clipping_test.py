"""Tests of what is told of lines that clip gradients, by what the tap sees of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.worker.journal import read_trace
from probes import clipping
from tests.traces import StillBench, values

LOOP = """
import sys, torch
from pathlib import Path
from torch import nn
sys.path.insert(0, sys.argv[2])
from nndoctor.worker.journal import Journal
from nndoctor.worker.tap import install
journal = Journal(sys.argv[1])
tap = install(journal, light=False)
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
torch.manual_seed(0)
model, other = nn.Linear(6, 1), nn.Linear(6, 1)
optimizer = torch.optim.SGD(model.parameters(), 1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
held = model.parameters()
for n in range(30):
    loss = (model(torch.randn(16, 6)) * 90).square().mean()
    BODY
tap.finish()
"""
BACKWARD, STEP = "optimizer.zero_grad(); loss.backward()", "optimizer.step()"


def told(body: str, folder: Path) -> dict[str, object]:
    words = [str(folder / "journal"), str(Path(__file__).parents[1])]
    subprocess.run([sys.executable, "-c", LOOP.replace("BODY", body), *words], check=True)
    return dict(values(clipping.run(StillBench(read_trace(folder / "journal")))))


SHARES = ("idle_share", "strange_share", "scaled_share")
CASES = {
    "in its place": (f"{BACKWARD}; clip_grad_norm_(model.parameters(), 1.0); {STEP}", (0, 0, 0), 0),
    "after the step": (f"{BACKWARD}; {STEP}; clip_grad_norm_(model.parameters(), max_norm=1.0)", (1, 0, 0), 1),
    "values after the step": (f"{BACKWARD}; {STEP}; clip_grad_value_(model.parameters(), 0.1)", (1, 0, 0), 1),
    "another net's": (f"{BACKWARD}; clip_grad_norm_(other.parameters(), 1.0); {STEP}", (0, 1, 0), 1),
    "a generator used up": (f"{BACKWARD}; list(held); clip_grad_norm_(held, 1.0); {STEP}", (0, 1, 0), 1),
    "before unscaling": (
        "optimizer.zero_grad(); scaler.scale(loss).backward(); clip_grad_norm_(model.parameters(), 1.0); "
        "scaler.step(optimizer); scaler.update()",
        (0, 0, 1),
        0,
    ),
    "after unscaling": (
        "optimizer.zero_grad(); scaler.scale(loss).backward(); scaler.unscale_(optimizer); "
        "clip_grad_norm_(model.parameters(), 1.0); scaler.step(optimizer); scaler.update()",
        (0, 0, 0),
        0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_line_clips(case: str, tmp_path: Path) -> None:
    body, shares, exceeded = CASES[case]
    facts = told(body, tmp_path)
    # before the first step there was none that it could come after
    assert [round(float(str(facts[name])), 1) for name in SHARES] == list(map(float, shares))
    assert facts["exceeded_share"] == exceeded


def test_a_limit_that_all_gradients_exceed_is_told_with_one_that_fits(tmp_path: Path) -> None:
    facts = told(f"{BACKWARD}; clip_grad_norm_(model.parameters(), 1e-3); {STEP}", tmp_path)
    assert facts["clipped_share"] == 1.0
    assert float(str(facts["norm_over_limit"])) > 1e5
    assert float(str(facts["fitting_norm"])) > 1e2


def test_where_nothing_is_clipped_nothing_is_clipped_wrongly(tmp_path: Path) -> None:
    facts = told(f"{BACKWARD}; {STEP}", tmp_path)
    assert set(facts.values()) == {0.0}
    assert set(SHARES) <= facts.keys()
