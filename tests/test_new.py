"""`nndoctor new`: what it writes is refused by the check in every gap, and passes once it is filled in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nndoctor.check import check
from nndoctor.cli import exit_code
from nndoctor.rulebook.load import builtin
from nndoctor.scaffold import UNWRITTEN
from tests.packs import PROBE, RULE, SYMPTOM

TOLD = """\
knowledge/rules/loss/heads-agree.yaml
tests/ward/loss/heads-agree/sick.py
tests/ward/loss/heads-agree/healthy.py
tests/test_loss_heads_agree.py
"""


def begin(folder: Path, *words: str) -> int:
    return exit_code(["new", *words, "--into", str(folder)])


def wrong(folder: Path) -> list[tuple[str, int, str]]:
    mine = [problem for problem in check([builtin(), folder]) if Path(problem.file).is_relative_to(folder)]
    return [(Path(one.file).name, one.line, one.message) for one in mine]


def test_a_new_rule_brings_its_programs_and_their_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert begin(tmp_path, "rule", "loss/heads-agree") == 0
    assert capsys.readouterr().out.replace(f"{tmp_path}/", "") == TOLD
    for line in TOLD.split():
        assert (tmp_path / line).read_text(encoding="utf-8")


def test_where_a_ward_is_examined_already_no_test_is_added(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_ward.py").touch()
    assert begin(tmp_path, "rule", "loss/heads-agree") == 0
    assert not list((tmp_path / "tests").glob("test_loss*"))


def test_every_gap_of_a_new_rule_is_refused(tmp_path: Path) -> None:
    begin(tmp_path, "rule", "loss/heads-agree")
    problems = wrong(tmp_path)
    rule = tmp_path / "knowledge/rules/loss/heads-agree.yaml"
    gaps = [number for number, line in enumerate(rule.read_text().splitlines(), 1) if UNWRITTEN in line]
    told = {(line, message) for file, line, message in problems if file == rule.name}
    assert {(line, "still to be written") for line in gaps} <= told
    assert any("no probe measures 'to_be_written.quantity'" in message for _, message in told)
    assert any("no symptom or rule" in message for _, message in told)
    assert {"the rule has no example under fires", "the rule has no example under clear"} <= {m for _, m in told}
    assert {file for file, _, _ in problems} == {rule.name, "sick.py", "healthy.py"}


def test_every_gap_of_a_new_probe_is_refused(tmp_path: Path) -> None:
    assert begin(tmp_path, "probe", "head_agreement") == 0
    problems = wrong(tmp_path)
    assert {file for file, _, _ in problems} == {"head_agreement.py", "head_agreement_test.py"}
    assert {message for _, _, message in problems} == {"still to be written"}


def test_no_gap_is_left_out_when_only_the_words_are_written(tmp_path: Path) -> None:
    begin(tmp_path, "rule", "loss/heads-agree")
    rule = tmp_path / "knowledge/rules/loss/heads-agree.yaml"
    rule.write_text(rule.read_text().replace(UNWRITTEN, "<written, 写好了"))
    messages = {message for file, _, message in wrong(tmp_path) if file == rule.name}
    assert "the rule has no example under fires" in messages
    assert any("no probe measures" in message for message in messages)


def test_filled_in_it_passes(tmp_path: Path) -> None:
    begin(tmp_path, "rule", "loss/twice")
    begin(tmp_path, "probe", "graph")
    for path in [*tmp_path.rglob("*.py"), *tmp_path.rglob("*.yaml")]:
        path.write_text(path.read_text().replace(UNWRITTEN, "<written"))
    (tmp_path / "knowledge/rules/loss/twice.yaml").write_text(RULE)
    (tmp_path / "probes/graph.py").write_text(PROBE)
    (tmp_path / "knowledge/symptoms").mkdir()
    (tmp_path / "knowledge/symptoms/slow.yaml").write_text(SYMPTOM)
    assert check([tmp_path]) == []


@pytest.mark.parametrize("words", [("rule", "loss"), ("rule", "Loss/X"), ("rule", "a/b/c"), ("probe", "Head-agreement"),
                                   ("probe", "graph_test")])  # fmt: skip
def test_a_name_that_has_no_place_is_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    assert begin(tmp_path, *words) == 2
    assert not list(tmp_path.rglob("*.*"))


def test_what_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begin(tmp_path, "probe", "graph")
    (tmp_path / "probes/graph.py").write_text("mine")
    (tmp_path / "probes/graph_test.py").unlink()
    assert begin(tmp_path, "probe", "graph") == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "probes/graph.py").read_text() == "mine"
    assert not (tmp_path / "probes/graph_test.py").exists()


def test_the_test_of_a_new_probe_runs(tmp_path: Path) -> None:
    begin(tmp_path, "probe", "graph")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "probes")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
