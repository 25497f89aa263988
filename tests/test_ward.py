"""The ward: every sick program's planted cause comes first, confirmed; every healthy one is found healthy."""

from __future__ import annotations

import contextlib
import difflib
import functools
import io
import json
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import pytest

from nndoctor.cli import exit_code
from nndoctor.rulebook.load import builtin, load
from nndoctor.rulebook.pack import Rulebook
from tests.admission import HEALTHY, SICK, WARD, admitted, name_of, planted_in

NO_LINE = {
    # a rate, a frozen flag or an order of data may come from anywhere: there need not be one line of code for it
    "data/nonfinite-values",
    "data/not-shuffled",
}

UNTREATED = {
    "data/insufficient-or-no-signal": "what the labels belong to only the author knows",
    "data/preprocessing-not-persisted": "it shows where the model is used, not where it is trained",
    "data/label-noise": "which labels are wrong, and what is right, only the author can see",
    "data/worker-rng-duplication": "what is drawn twice shows in no loss",
    "precision/amp-misuse": "the order of the calls must be written anew",
    "data/split-leakage": "on which side a sample belongs only the author knows",
    "loss/nondifferentiable-path": "what stands for the choice that has no gradient only the author knows",
    "regularization/overfitting": "of so few samples even the best validation is much worse than training",
    "architecture/dimension-mismatch": "which of two sizes is meant only the author knows",
    "environment/gpu-not-visible": "the wheel, the driver and the container lie outside of the script",
    "memory/tensors-hoarded-on-gpu": "what of each tensor is needed later only the author knows",
    "architecture/missing-causal-mask": "how the model is to be kept from looking ahead only the author knows",
    "architecture/reshape-mixes-dimensions": "which axes were meant only the author knows",
    "gradients/detached-subgraph": "the path leaves torch, and must be written within it",
    "gradients/graph-reuse-or-inplace": "what was to be kept, and what to be built anew, only the author knows",
}
"""Causes without a cure that could be tried."""

FIXED = {
    "architecture/dimension-mismatch",
    "data/not-shuffled",
    "data/same-batch-every-step",
    "evaluation/metric-bug",
    "fresh/evaluation/metric-bug/counted-by-batch",
    "fresh/evaluation/metric-bug/logits-against-half",
    "fresh/gradients/graph-reuse-or-inplace/stateful-lstm",
    "fresh/gradients/zeroed-before-step/accumulate-trainer",
    "fresh/initialization/symmetric/char-lm",
    "fresh/loss/softmax-before-cross-entropy/trainer-class",
    "gradients/not-zeroed",
    "gradients/zeroed-before-step",
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
}
"""Sick programs that `nndoctor fix` cures, in no more lines than were planted."""

COMPLAINTS_OF_THE_SICK = {"plateaus-too-high", "loss-spikes", "worse-after-fine-tuning", "training-hangs"}
"""Symptoms that no healthy program is said to have."""

pytestmark = pytest.mark.slow


@functools.cache
def knowledge() -> Rulebook:
    """Our own pack, read once."""
    return load([builtin()])


def called(folder: Path, *words: str) -> tuple[int, str]:
    """The command line as a user would call it in that folder; but reading the knowledge base is spared."""
    said = io.StringIO()
    book = mock.patch("nndoctor.rulebook.load.load", lambda _: knowledge())
    with book, contextlib.chdir(folder), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = exit_code(list(words))
    return code, said.getvalue()


def examined(program: Path, folder: Path, python: str, *options: str) -> tuple[int, dict[str, object], str]:
    """The program, copied to a folder of its own, through the command line."""
    words = ["--python", python, *options, *admitted(program, folder)]
    code, said = called(folder, "examine", "--json", "out.json", "--budget", "900", *words)
    return code, json.loads((folder / "out.json").read_text()), said


def expected(program: Path) -> object:
    """The program as a parameter, skipped where it needs what is not installed."""
    missing = "fastai" in program.parts and find_spec("fastai") is None
    skip = pytest.mark.skipif(missing, reason="fastai brings fifty packages: install it to run this")
    return pytest.param(program, marks=[skip])


@pytest.mark.parametrize("program", map(expected, SICK), ids=map(name_of, SICK))
def test_the_planted_cause_comes_first_and_is_confirmed(program: Path, tmp_path: Path, python: str) -> None:
    planted = planted_in(program)
    # the first program of each rule is treated as well
    trials = name_of(program) == f"{planted}/sick"
    options = ["--fail-on", "untidy", *([] if trials else ["--no-trials"])]
    code, report, said = examined(program, tmp_path, python, *options)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [(f["rule"], f["status"]) for f in findings[:1]] == [(planted, "confirmed")], said
    assert code == 1, said
    if planted not in NO_LINE:
        lines = [place for evidence in findings[0]["evidence"] for place in evidence["where"]]
        assert lines, findings[0]
        assert all((tmp_path / place["file"]).is_file() for place in lines), lines
    if trials and planted not in UNTREATED:
        assert findings[0]["trial"]["outcome"] == "cured", said
    if str(program.parent.relative_to(WARD)) in FIXED:
        fixed(program, tmp_path)


def fixed(sick: Path, folder: Path) -> None:
    """The script of that folder, which was examined, is changed where it must be, examined again, and cured."""
    script = folder / "train.py"
    assert script.read_text() == sick.read_text()  # to examine changes nothing
    code, said = called(folder, "fix", "out.json", "--yes", "--quiet", "--lang", "en")
    assert "\nCured\n" in said, said
    assert code == 0
    planted = changed_lines(sick.read_text(), sick.with_name("healthy.py").read_text())
    assert 0 < changed_lines(sick.read_text(), script.read_text()) <= planted
    assert (folder / "train.py.before-nndoctor").read_text() == sick.read_text()


def changed_lines(before: str, after: str) -> int:
    """How many lines go and come."""
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(row[:1] in ("+", "-") and row[:3] not in ("+++", "---") for row in rows)


@pytest.mark.parametrize("program", map(expected, HEALTHY), ids=map(name_of, HEALTHY))
def test_nothing_is_confirmed_in_a_healthy_program(program: Path, tmp_path: Path, python: str) -> None:
    code, report, said = examined(program, tmp_path, python)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [f["rule"] for f in findings if f["status"] == "confirmed"] == [], said
    assert [sign["id"] for sign in report["symptoms"] if sign["id"] in COMPLAINTS_OF_THE_SICK] == []  # type: ignore[attr-defined]
    assert code == 0, said
    assert any(p["outcome"] == "measured" for p in report["probes"]), said  # type: ignore[attr-defined]


def test_every_sick_program_has_a_healthy_twin_and_is_named_for_a_rule() -> None:
    assert [path for path in SICK if not planted_in(path)] == []
    assert [path for path in SICK if not path.with_name(path.name.replace("sick", "healthy")).exists()] == []
    assert len(SICK) >= 26
