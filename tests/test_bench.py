"""What a probe may bring home from a rehearsal."""

from __future__ import annotations

from pathlib import Path

import pytest

from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.trace import PassCut, Trace
from nndoctor.worker.bench import WorkerBench, measure

PROBE = '''
"""Measures two things."""
from nndoctor.probe import Facts

CARD = {"facts": {
    "lines": {"kind": "number", "unit": "", "says": {}, "labels": ()},
    "gap": {"kind": "number", "unit": "", "says": {}, "labels": (), "whole_epochs": True},
}}

def run(bench):
    facts = Facts()
    facts.put("lines", 1.0)
    facts.put("gap", 2.0)
    return facts
'''


def bench(*cuts: PassCut) -> WorkerBench:
    def rerun(intervention: Intervention, iterations: int | None, seconds: float) -> Trace:
        raise CannotMeasure(f"{intervention} {iterations} {seconds}")

    return WorkerBench(Trace(cuts=list(cuts)), rerun, 10.0)


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    path = tmp_path / "two.py"
    path.write_text(PROBE)
    return path


def test_of_a_rehearsal_only_what_needs_no_whole_epochs_is_given(probe: Path) -> None:
    evidence = measure("two", str(probe), bench(PassCut(0, 0, 30, 900)))
    assert (evidence.outcome, set(evidence.facts), evidence.withheld) == ("measured", {"lines"}, ("gap",))


def test_of_a_run_in_full_everything_is_given(probe: Path) -> None:
    refused = PassCut(0, 0, 30, 900, done=False)
    evidence = measure("two", str(probe), bench(refused))
    assert (set(evidence.facts), evidence.withheld) == ({"lines", "gap"}, ())


def test_a_probe_of_whole_epochs_alone_is_not_run_in_a_rehearsal(probe: Path) -> None:
    probe.write_text(
        PROBE.replace('"labels": ()}', '"labels": (), "whole_epochs": True}').replace("def run", "def ran")
    )
    evidence = measure("two", str(probe), bench(PassCut(0, 0, 30, 900)))
    assert evidence.outcome == "not_measurable"
    assert "whole epochs" in evidence.why
