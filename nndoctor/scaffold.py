"""The files that a new rule or probe starts from, with a mark in every gap, so that the check tells what is left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

UNWRITTEN = "<to be written"
"""Stands in every gap of a scaffold; `nndoctor check` refuses a file that has it."""

_RULE = """\
title: {en: "<to be written: the cause, as a noun phrase>", zh: "<to be written: 病因，一句话>"}
severity: serious        # fatal | serious | costly | untidy
likelihood: occasional   # common | occasional | rare; with a source, if there is one
leads_to: ["<to be written: symptoms or rules, see nndoctor symptoms>"]
when:
  all:
    # <to be written: what can't be otherwise; a fact is PROBE.QUANTITY, see nndoctor probes>
    - {fact: to_be_written.quantity, is: true}
why:
  en: >-
    <to be written: what happens, and why it hurts>
  zh: >-
    <to be written: 发生了什么，为什么有害>
remedy:
  do:
    en: "<to be written: the fix, in words>"
    zh: "<to be written: 如何修复>"
  before: |
    loss = ...   # <to be written: the fault in one or two lines>
  after: |
    loss = ...   # <to be written: the same lines, cured>
harmless:
  en: "<to be written: when the same sight is no fault>"
  zh: "<to be written: 什么情况下同样的现象不是错误>"
sources:
  - "<to be written: a paper, or a page of documentation>"
examples:
  fires: []              # facts on which the rule must fire: {probe.quantity: true}
  clear: []              # facts on which it must not
"""

_PROGRAM = '''\
"""<to be written: what is learnt from what{twin}>"""

import torch
from torch import nn


def main():
    torch.manual_seed(0)
    x = torch.randn(1000, 8)
    y = (x[:, 0] * x[:, 1] > 0).long()
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(10):
        for rows in torch.randperm(len(x)).split(50):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])  # {plant}
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {{epoch}}: loss {{loss.item():.3f}}")


if __name__ == "__main__":
    main()
'''

_RULE_TEST = '''\
"""The program with {rule} planted is found out, and its twin is found healthy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parents[1]
PROGRAMS = PACK / "tests" / "ward" / "{family}" / "{name}"


@pytest.mark.parametrize(("program", "found"), [("sick.py", True), ("healthy.py", False)])
def test_the_cause_is_confirmed_where_it_was_planted(program: str, found: bool, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text((PROGRAMS / program).read_text(encoding="utf-8"), encoding="utf-8")
    words = ["examine", "train.py", "--pack", str(PACK), "--json", "out.json", "--no-trials"]
    subprocess.run([sys.executable, "-m", "nndoctor", *words], cwd=tmp_path, timeout=900, check=False)
    findings = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["findings"]
    confirmed = [finding["rule"] for finding in findings if finding["status"] == "confirmed"]
    assert confirmed[:1] == (["{rule}"] if found else [])
'''

_PROBE = '''\
"""<to be written: the question that this measures, as the user reads it>

<to be written: how it is measured, and what is usual>
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {{
    "title": {{"en": "<to be written: what is measured>", "zh": "<to be written: 测量什么>"}},
    "cost": "free",  # free (reads the trace) | seconds | minutes (runs the script again)
    "needs": ("trace",),  # and "rerun" for bench.rerun(...)
    "facts": {{
        "quantity": {{"kind": "number", "unit": "", "labels": (), "says": {{
            "en": "<to be written: the quantity, in words>", "zh": "<to be written: 该量的含义>"}}}},
    }},
}}  # fmt: skip


def run(bench: Bench) -> Facts:
    """<to be written: what is looked at>"""
    if not bench.trace.iterations:
        raise CannotMeasure("nothing was trained")
    facts = Facts()
    facts.put("quantity", float(len(bench.trace.iterations)))  # <to be written: the measurement>
    return facts
'''

_PROBE_TEST = '''\
"""Tests of {name}."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Iteration, Trace

spec = importlib.util.spec_from_file_location("{name}", Path(__file__).with_name("{name}.py"))
assert spec is not None and spec.loader is not None
probe = importlib.util.module_from_spec(spec)
spec.loader.exec_module(probe)


def told(trace: Trace) -> dict[str, object]:
    facts = probe.run(SimpleNamespace(trace=trace))
    return {{name: fact.value for name, fact in facts.values.items()}}


def test_it_measures_what_it_says() -> None:
    trace = Trace(iterations=[Iteration(step, step * 0.1, 1.0, 0) for step in range(5)])
    assert told(trace) == {{"quantity": 5.0}}  # <to be written: a trace made by hand, and what it must tell>


def test_where_there_is_nothing_to_measure_it_says_so() -> None:
    with pytest.raises(CannotMeasure):
        told(Trace())
'''


def rule_files(family: str, name: str, pack: Path) -> Mapping[Path, str]:
    """The text of each file of a new rule, by its path in the pack.

    Where a ward's own test is there, which examines every program in it, none is added.
    """
    ward, rule = pack / "tests" / "ward" / family / name, f"{family}/{name}"
    files = {
        pack / "knowledge" / "rules" / family / f"{name}.yaml": _RULE,
        ward / "sick.py": _PROGRAM.format(twin="; the cause is in it", plant="<to be written: plant the cause>"),
        ward / "healthy.py": _PROGRAM.format(twin="; its twin", plant="<to be written: the same without the cause>"),
    }
    if not (pack / "tests" / "test_ward.py").exists():
        test = f"test_{family}_{name}.py".replace("-", "_")
        files[pack / "tests" / test] = _RULE_TEST.format(rule=rule, family=family, name=name)
    return files


def probe_files(name: str, pack: Path) -> Mapping[Path, str]:
    """The text of each file of a new probe, by its path in the pack."""
    probes = pack / "probes"
    return {probes / f"{name}.py": _PROBE.format(), probes / f"{name}_test.py": _PROBE_TEST.format(name=name)}
