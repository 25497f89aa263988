"""The command line: what each command prints, where, and with which exit code. No worker is started here."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pytest

from nndoctor.case import Case, Evidence, Fact, Patient
from nndoctor.cli import COMMANDS, exit_code
from nndoctor.commands import demo, headless, options
from nndoctor.commands.examine import LEVELS
from nndoctor.commands.progress import Progress
from nndoctor.commands.target import patient_of
from nndoctor.report.json_report import schema
from nndoctor.rulebook.load import load
from nndoctor.rulebook.pack import Rulebook
from nndoctor.visit import save
from nndoctor.wire import News, Printed, Progressed, RunBegan, RunFinished, RunProbe, WorkerReady
from tests.packs import RULE, pack
from tests.schema import violations

GRAPH_RULE = RULE.replace("    - {fact: answer.worked_before, is: never}\n", "").replace(
    ", answer.worked_before: never", ""
)
SICK = Evidence("graph", "measured", 0.5, {"softmax": Fact(True), "ratio": Fact(0.9)})
WELL = Evidence("graph", "measured", 0.5, {"softmax": Fact(False), "ratio": Fact(0.1)})
BLIND = Evidence("graph", "not_measurable", 0.5, why="no backward pass was seen")


@dataclass
class Play:
    """What a lab that starts nothing tells and brings home."""

    evidence: Evidence = SICK
    how: str = "finished"
    code: int = 0
    iterations: int = 20
    problem: str = ""
    stderr: str = ""
    failure: type[BaseException] | None = None
    patients: list[Patient] = field(default_factory=list)
    in_place: list[bool] = field(default_factory=list)
    closed: int = 0

    def lab(
        self, patient: Patient, scratch: Path, listen: Callable[[News], None], *, in_place: bool = False
    ) -> FakeLab:
        assert scratch.is_dir()
        self.patients.append(patient)
        self.in_place.append(in_place)
        return FakeLab(self, listen)


class FakeLab:
    """Plays one examination."""

    def __init__(self, play: Play, listen: Callable[[News], None]) -> None:
        self._play = play
        self._listen = listen

    async def __aenter__(self) -> FakeLab:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self._play.closed += 1

    async def warm(self) -> WorkerReady:
        return WorkerReady({"torch": "2.13.0"}, self._play.problem)

    async def run(self, order: RunProbe) -> Evidence:
        play, probe = self._play, order.probe
        assert Path(order.path).name == f"{probe}.py"
        if play.failure is not None:
            raise play.failure
        self._listen(RunBegan("watch", 1, order.seconds))
        self._listen(Progressed("watch", play.iterations, None, 1.0, ((play.iterations, 0.5),)))
        self._listen(Printed("stderr", play.stderr))
        self._listen(RunFinished("watch", play.how, play.code, 2.0, ""))
        return play.evidence


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Play:
    """A lab that starts nothing, a pack with one rule, and a directory with a script."""
    ours = pack(tmp_path / "pack", rules={"loss/twice": GRAPH_RULE})
    monkeypatch.setattr("nndoctor.rulebook.load.builtin", lambda: ours)
    played = Play()
    monkeypatch.setattr(headless, "Lab", played.lab)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "train.py").write_text("print('never run here')\n")
    monkeypatch.chdir(tmp_path / "home")
    return played


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line; gives exit code, stdout and stderr."""

    def running(*words: str) -> tuple[int, str, str]:
        code = exit_code(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


# help


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_teaches_by_example_and_lists_every_command(run: Run, flag: str) -> None:
    code, out, err = run(flag)
    assert (code, err) == (0, "")
    assert "nndoctor examine train.py" in out
    assert all(f"\n  {command.name} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", [str(command.name) for command in COMMANDS])
def test_every_command_has_its_own_help(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: nndoctor {command}")


def test_the_version_is_printed(run: Run) -> None:
    code, out, _ = run("--version")
    assert (code, out.split()[0]) == (0, "nndoctor")


# targets


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trian.py"], "Did you mean train.py?"),
        (["/nowhere/train.py"], "there is no file '/nowhere/train.py'"),
        (["."], "is a folder"),
        (["book.ipynb"], "book.ipynb can't be run as a notebook: it is no notebook of nbformat 4"),
        (["train.py:make"], "a factory is named by its module: train:make"),
        (["-m", "train.py/x"], "-m takes a module"),
        (["train.py", "--python", "/no/such/python"], "--python /no/such/python"),
        (["train.py", "--symptom", "slwo"], "Did you mean slow?"),
        (["train.py", "--answer", "worked_before"], "write QUESTION=OPTION"),
        (["train.py", "--answer", "worked_befor=never"], "Did you mean worked_before?"),
        (["train.py", "--answer", "worked_before=nevr"], "Did you mean never?"),
        (["train.py", "--probe", "grpah"], "Did you mean graph?"),
        (["train.py", "--skip", "nothing-like-it"], "`nndoctor probes` lists them."),
        (["train.py", "--pack", "/no/such/pack"], "no pack"),
        (["train.py", "--html", "/no/such/folder/r.html"], "there is no folder /no/such/folder"),
        (["train.py", "--html", "."], "that is a folder"),
        (["train.py", "--json", "-", "--html", "-"], "only one report can go to stdout"),
        (["train.py", "--budget", "0"], "--budget"),
        (["train.py", "--budget", "nan"], "--budget"),
        (["train.py", "--fail-on", "bad"], "--fail-on"),
        (["train.py", "--lr", "0.1"], "--lr"),
    ],
)
def test_a_mistake_in_the_call_is_told_and_nothing_is_started(
    run: Run, play: Play, words: Sequence[str], told: str
) -> None:
    Path("book.ipynb").write_text("{}")
    code, out, err = run("examine", *words)
    assert (code, out) == (2, "")
    assert told in err
    assert play.patients == []


def test_what_follows_two_dashes_is_the_scripts_own(run: Run, play: Play) -> None:
    run("examine", "train.py", "--budget", "50", "--in-place", "--", "--lr", "0.1", "--quiet")
    assert play.patients == [Patient("train.py", "script", ("--lr", "0.1", "--quiet"), str(Path.cwd()), "", 50.0)]
    assert play.in_place == [True]


@pytest.mark.parametrize(("option", "wish"), [([], "as_needed"), (["--rehearse"], "always"), (["--full"], "never")])
def test_a_rehearsal_is_chosen_as_needed_or_by_hand(run: Run, play: Play, option: list[str], wish: str) -> None:
    run("examine", "train.py", *option)
    run("train.py", *option)
    assert [patient.rehearse for patient in play.patients] == [wish, wish]


def test_a_factory_is_named_by_module_and_function(run: Run, play: Play) -> None:
    run("examine", "package.train:make", "--", "fast")
    [patient] = play.patients
    assert (patient.target, patient.kind, patient.arguments) == ("package.train:make", "factory", ("fast",))


def test_a_module_takes_all_words_as_its_own(run: Run, play: Play) -> None:
    run("examine", "-m", "package.train", "--", "fast", "--lr", "0.1")
    [patient] = play.patients
    assert (patient.target, patient.kind, patient.arguments) == ("package.train", "module", ("fast", "--lr", "0.1"))


def test_a_bare_target_without_a_terminal_is_examined(run: Run, play: Play) -> None:
    code, out, err = run("train.py", "--", "--epochs", "3")
    assert code == 1
    assert "Softmax before cross-entropy" in out
    assert "no terminal" in err
    assert play.patients[0].arguments == ("--epochs", "3")


def test_nothing_at_all_without_a_terminal_is_a_mistake(run: Run, play: Play) -> None:
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "nndoctor examine train.py" in err
    assert play.patients == []


@pytest.mark.parametrize(("term", "answer"), [("xterm", True), ("dumb", False), ("", False)])
def test_the_app_needs_a_terminal_that_draws(monkeypatch: pytest.MonkeyPatch, term: str, answer: bool) -> None:
    for stream in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Terminal())
    monkeypatch.setenv("TERM", term)
    assert options.is_terminal() is answer
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert not options.is_terminal()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_target_given_by_path_keeps_it(tmp_path: Path) -> None:
    script = tmp_path / "a b.py"
    script.touch()
    assert patient_of([str(script)], "", "", 9.0).target == str(script)


# examinations


def test_a_finding_is_printed_with_its_fix_and_exits_with_1(run: Run, play: Play) -> None:
    code, out, err = run("examine", "train.py")
    assert code == 1
    assert "1. Softmax before cross-entropy [confirmed, serious]" in out
    assert "- loss = criterion(model(x).softmax(1), y)" in out
    assert "+ loss = criterion(model(x), y)" in out
    assert "\x1b" not in err
    assert "watching train.py" in err
    assert play.closed == 1


def test_quiet_leaves_stderr_empty(run: Run, play: Play) -> None:
    code, out, err = run("examine", "train.py", "--quiet")
    assert (code, err) == (1, "")
    assert out
    assert play.closed == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Play(), 1),
        (Play(evidence=WELL), 0),
        (Play(how="exception", code=1, iterations=0), 1),
        (Play(how="hung", iterations=0), 1),
        (Play(evidence=WELL, how="exception", code=1), 0),
        (Play(evidence=BLIND, how="exception", code=1, iterations=0), 3),
        (Play(evidence=BLIND, iterations=0), 3),
        (Play(evidence=BLIND, problem="no module named torch"), 3),
        (Play(evidence=BLIND, how="stopped", iterations=0), 4),
        (Play(evidence=WELL, how="hung"), 4),
        (Play(evidence=WELL, how="stopped"), 0),
    ],
)
def test_the_exit_code_says_what_came_of_it(
    run: Run, play: Play, monkeypatch: pytest.MonkeyPatch, given: Play, code: int
) -> None:
    monkeypatch.setattr(headless, "Lab", given.lab)
    assert run("examine", "train.py")[0] == code
    assert play.patients == []


@pytest.mark.parametrize(
    ("severity", "codes"),
    [("fatal", "11110"), ("serious", "01110"), ("costly", "00110"), ("untidy", "00010")],
)
def test_only_what_is_bad_enough_fails(run: Run, play: Play, tmp_path: Path, severity: str, codes: str) -> None:
    pack(tmp_path / "pack", rules={"loss/twice": GRAPH_RULE.replace("severity: serious", f"severity: {severity}")})
    given = [run("examine", "train.py", "--fail-on", level)[0] for level in LEVELS]
    assert "".join(map(str, given)) == codes
    play.closed -= len(LEVELS) - 1
    assert play.closed == 1


def test_a_script_that_never_trains_is_told_with_its_last_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, play: Play
) -> None:
    said = "Traceback\n\x1b[2JModuleNotFoundError: No module named 'na\u202eme'\n"
    ended = Play(evidence=BLIND, how="exception", code=1, iterations=0, stderr=said)
    monkeypatch.setattr(headless, "Lab", ended.lab)
    code, _, err = run("examine", "train.py", "--quiet")
    assert code == 3
    assert "without one backward pass" in err
    assert "ModuleNotFoundError: No module named 'name'" in err
    assert "\x1b" not in err
    assert play.closed == 0


def test_an_interpreter_without_torch_is_told_with_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, play: Play
) -> None:
    monkeypatch.setattr(headless, "Lab", Play(problem="No module named torch").lab)
    code, out, err = run("examine", "train.py", "--quiet")
    assert (code, out) == (3, "")
    assert "No module named torch" in err
    assert "--python PATH" in err
    assert play.closed == 0


def test_an_interruption_closes_the_lab_and_exits_with_130(
    run: Run, monkeypatch: pytest.MonkeyPatch, play: Play
) -> None:
    interrupted = Play(failure=KeyboardInterrupt)
    monkeypatch.setattr(headless, "Lab", interrupted.lab)
    code, out, err = run("examine", "train.py")
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert interrupted.closed == 1
    assert play.closed == 0


def test_a_complaint_and_an_answer_reach_the_case(run: Run, play: Play) -> None:
    _, out, _ = run("examine", "train.py", "--symptom", "slow", "--answer", "worked_before=never", "--json", "-")
    report = json.loads(out)
    assert report["symptoms"][0]["id"] == "slow"
    assert report["symptoms"][0]["complained"]
    assert report["answers"] == {"worked_before": "never"}
    assert play.closed == 1


def test_a_probe_left_out_leaves_its_rules_open(run: Run, play: Play) -> None:
    _, out, _ = run("examine", "train.py", "--skip", "graph", "--json", "-")
    report = json.loads(out)
    assert report["probes"] == []
    assert report["not_examined"][0]["needs"] == ["graph.softmax"]
    assert play.closed == 1


def test_a_dear_probe_is_run_for_nothing_but_its_name(run: Run, play: Play, tmp_path: Path) -> None:
    graph = tmp_path / "pack" / "probes" / "graph.py"
    graph.write_text(graph.read_text().replace('"cost": "free"', '"cost": "minutes"'))
    assert json.loads(run("examine", "train.py", "--json", "-")[1])["probes"] == []
    [told] = json.loads(run("examine", "train.py", "--probe", "graph", "--json", "-")[1])["probes"]
    assert (told["id"], told["outcome"]) == ("graph", "measured")


def test_json_on_stdout_is_nothing_but_json(run: Run, play: Play) -> None:
    code, out, err = run("examine", "train.py", "--json", "-")
    assert code == 1
    assert violations(json.loads(out), json.loads(schema())) == []
    assert "watching" in err
    assert play.closed == 1


def test_reports_are_written_where_asked_and_one_makes_the_others(run: Run, play: Play) -> None:
    run("examine", "train.py", "--json", "case.json", "--html", "a.html", "--markdown", "a.md")
    code, out, err = run("report", "case.json", "--html", "b.html", "--markdown", "b.md", "--json", "b.json")
    assert (code, out) == (0, "")
    assert err.count("report: ") == 3
    for first, second in (("a.html", "b.html"), ("a.md", "b.md"), ("case.json", "b.json")):
        assert Path(first).read_bytes() == Path(second).read_bytes()
    assert sorted(path.name for path in Path().glob("*.part")) == []
    assert play.closed == 1


def test_a_report_without_a_format_is_printed(run: Run, play: Play) -> None:
    _, printed, _ = run("examine", "train.py", "--quiet")
    run("examine", "train.py", "--json", "case.json")
    assert run("report", "case.json") == (0, printed, "")
    assert play.closed == 2


@pytest.mark.parametrize("text", [None, "", "{}", "no json"])
def test_a_file_that_is_no_report_is_refused(run: Run, play: Play, text: str | None) -> None:
    if text is not None:
        Path("case.json").write_text(text)
    code, out, err = run("report", "case.json")
    assert (code, out) == (2, "")
    assert "Name a file that --json has written." in err
    assert play.patients == []


def test_everything_is_said_in_chinese_where_asked(run: Run, play: Play) -> None:
    _, out, err = run("examine", "train.py", "--lang", "zh")
    assert "修复方法" in out
    assert "正在观察 train.py" in err
    assert play.closed == 1


def test_the_locale_chooses_the_language(run: Run, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "已确认" in run("examine", "train.py", "--quiet")[1]
    assert play.closed == 1


# progress


def test_on_a_terminal_one_line_is_drawn_over_and_taken_away(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    progress = Progress(terminal, "train.py", rulebook(play), "en")
    progress.hear(RunBegan("watch", 1, 60.0))
    progress.hear(RunFinished("watch", "exception", 1, 2.0, ""))
    progress.close()
    drawn = terminal.getvalue()
    assert "\n" not in drawn
    assert drawn.endswith("\r\x1b[K")
    assert max(len(part) for part in drawn.split("\r\x1b[K")) <= 39


def test_in_a_log_only_beginnings_and_ends_are_lines(play: Play) -> None:
    log = io.StringIO()
    progress = Progress(log, "train.py", rulebook(play), "en")
    progress.hear(RunBegan("watch", 1, 60.0))
    for iteration in range(500):
        progress.hear(Progressed("watch", iteration, None, 0.1))
    progress.hear(RunFinished("watch", "hung", 9, 61.0, ""))
    progress.close()
    assert log.getvalue().splitlines() == [
        "starting Python and torch",
        "watching train.py, 60 s at most",
        "train.py stood still and was ended after 61 s and 499 iterations",
    ]


def rulebook(play: Play) -> Rulebook:
    assert play.patients == []
    return load([Path.cwd().parent / "pack"])


# the knowledge base


@pytest.mark.parametrize("command", ["rules", "probes", "symptoms", "tree"])
def test_lists_are_printed_and_are_json_where_asked(run: Run, play: Play, command: str) -> None:
    code, out, err = run(command)
    assert (code, err) == (0, "")
    assert out.strip()
    code, out, err = run(command, "--json")
    assert (code, err) == (0, "")
    assert isinstance(json.loads(out), list)
    assert play.patients == []


def test_the_tree_goes_from_the_symptom_to_its_causes_and_their_probes(run: Run, play: Play) -> None:
    [slow] = json.loads(run("tree", "slow", "--json")[1])
    assert slow["questions"] == ["worked_before"]
    assert slow["causes"] == [{"id": "loss/twice", "probes": ["graph"], "causes": []}]
    assert "Did you mean slow?" in run("tree", "slwo")[2]
    assert play.patients == []


@pytest.mark.parametrize("name", ["loss/twice", "twice"])
def test_a_rule_is_explained_by_its_id_or_its_last_part(run: Run, play: Play, name: str) -> None:
    code, out, _ = run("explain", name)
    assert code == 0
    assert out.startswith("Softmax before cross-entropy\nloss/twice  [serious, common]")
    assert "graph.softmax = true" in out
    assert json.loads(run("explain", name, "--json")[1])["remedy"]["after"] == "loss = criterion(model(x), y)\n"
    assert play.patients == []


def test_an_unknown_rule_is_a_mistake_with_a_guess(run: Run, play: Play) -> None:
    code, out, err = run("explain", "loss/twise")
    assert (code, out) == (2, "")
    assert "Did you mean loss/twice?" in err
    assert play.patients == []


def test_a_pack_is_checked_against_its_own_examples(run: Run, play: Play, tmp_path: Path) -> None:
    code, out, err = run("check", str(tmp_path / "pack"))
    assert code == 2  # nobody uses the answer to its question
    assert "no rule and no recogniser uses the answer to 'worked_before'" in out
    assert "1 wrong" in err
    other = tmp_path / "theirs" / "knowledge" / "rules" / "mine" / "odd.yaml"
    other.parent.mkdir(parents=True)
    other.write_text(GRAPH_RULE.replace("graph.softmax, is: true", "graph.sofmax, is: true"))
    code, out, _ = run("check", str(tmp_path / "theirs"))
    assert code == 2
    assert "odd.yaml:" in out
    assert "graph.softmax" in out
    assert "worked_before" not in out
    other.write_text(GRAPH_RULE)
    assert run("check", str(tmp_path / "theirs")) == (0, "", f"{tmp_path / 'theirs'}: nothing wrong\n")
    assert play.patients == []


def test_a_broken_pack_is_told_with_its_line(run: Run, play: Play, tmp_path: Path) -> None:
    broken = pack(tmp_path / "broken", probe="CARD = 3", rules={})
    code, out, err = run("examine", "train.py", "--pack", str(broken))
    assert (code, out) == (2, "")
    assert "graph.py:1:" in err
    assert play.patients == []


# the demo


def test_the_demo_examines_a_patient_and_leaves_a_report(run: Run, play: Play) -> None:
    code, out, err = run("demo")
    assert code == 0
    assert "Softmax before cross-entropy" in out
    assert "sort_parts.py" in err
    assert Path("nndoctor-report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    [patient] = play.patients
    assert (Path(patient.directory) / patient.target).is_file()


def test_the_demo_that_finds_nothing_does_not_pass_for_one_that_does(
    run: Run, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    for given in (Play(evidence=BLIND, iterations=0), Play(evidence=WELL)):
        monkeypatch.setattr(headless, "Lab", given.lab)
        assert run("demo")[0] == 3
    assert "There are sort_parts" in run("demo", "nobody")[2]
    assert play.patients == []


@pytest.mark.parametrize("examined", [True, False])
def test_the_demo_in_the_app_leaves_a_report_of_what_was_examined_there(
    run: Run, play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, examined: bool
) -> None:
    def app(patient: Patient, packs: Sequence[Path], lang: str) -> int:
        case = Case(patient)
        save(case.with_evidence(SICK) if examined else case, tmp_path / "cases" / "1.json")
        return 0 if lang == "en" and not packs else 2

    monkeypatch.setattr("nndoctor.commands.demo.is_terminal", lambda: True)
    monkeypatch.setattr("nndoctor.tui.app.run_app", app)
    monkeypatch.setattr("nndoctor.tui.surroundings.cases_folder", lambda: tmp_path / "cases")
    code, out, err = run("demo")
    assert (code, out) == (0, "")
    assert Path("nndoctor-report.html").exists() is examined
    assert ("No report" in err) is not examined
    assert play.patients == []


def test_every_patient_is_a_program() -> None:
    for path in demo.PATIENTS.glob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


# as a process


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-m", "nndoctor", "--help"]
    ended = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    os.close(writer)
    assert b"Traceback" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr
    assert ended.returncode == 141


def test_a_terminal_without_chinese_gets_question_marks_not_a_traceback() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    program = [sys.executable, "-m", "nndoctor", "explain", "中文"]
    ended = subprocess.run(program, capture_output=True, stdin=subprocess.DEVNULL, env=environment, check=False)
    assert ended.returncode == 2
    assert b"nndoctor: " in ended.stderr
    assert b"Traceback" not in ended.stderr
