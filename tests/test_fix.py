"""`nndoctor fix` and `recheck`: what is shown, asked, written and told. No worker is started here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from nndoctor.case import Case, Evidence, Fact, Patient, Place
from nndoctor.cli import exit_code
from nndoctor.commands import fix, headless
from nndoctor.commands.progress import Teller, Watch
from nndoctor.engine.diagnose import diagnose
from nndoctor.report.json_report import schema
from nndoctor.rulebook.pack import Rulebook
from nndoctor.visit import save
from tests.packs import RULE, pack
from tests.schema import violations

EDITED = (
    RULE.replace("    - {fact: answer.worked_before, is: never}\n", "")
    .replace(", answer.worked_before: never", "")
    .replace("examples:", "  edit: {edit: remove_call, of: softmax, at: graph.softmax}\nexamples:")
)
LINE = "loss = criterion(net(x).softmax(1), y)"
SCRIPT = f"import torch\nnet = criterion = print\nx = y = 1\n{LINE}\n"
CURED = SCRIPT.replace(".softmax(1)", "")


class Home:
    """A user's folder with a script and a case about it, and what examinations of it bring."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script = folder / "train.py"
        self.script.write_text(SCRIPT)
        self.case = folder / "case.json"
        self.wishes: list[headless.Wish] = []
        self.began = True
        self.save(self.sick())

    def save(self, case: Case) -> None:
        save(case, self.case)

    def patient(self) -> Patient:
        return Patient("train.py", directory=str(self.folder))

    def sick(self) -> Case:
        place = Place(str(self.script), 4, LINE)
        return (
            self.having(Fact(value=True, where=(place,)), 0.9)
            .complaining_of("slow")
            .with_answer("worked_before", "once")
        )

    def having(self, softmax: Fact, ratio: float) -> Case:
        return Case(self.patient()).with_evidence(
            Evidence("graph", "measured", 0.1, {"softmax": softmax, "ratio": Fact(ratio)})
        )

    def examined(self, wish: headless.Wish, rulebook: Rulebook, teller: Teller) -> headless.Examination:
        """As the script is now: sick while the softmax is in it."""
        del teller
        self.wishes.append(wish)
        sick = ".softmax" in self.script.read_text()
        case = self.sick() if sick else self.having(Fact(value=False), 0.1)
        return headless.Examination(case, diagnose(case, rulebook), heard(began=self.began))


def heard(*, began: bool = True) -> Watch:
    watch = Watch()
    watch.began, watch.how, watch.iterations = began, "finished", 20 * began
    return watch


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    ours = pack(tmp_path / "pack", rules={"loss/twice": EDITED})
    monkeypatch.setattr("nndoctor.rulebook.load.builtin", lambda: ours)
    (tmp_path / "home").mkdir()
    made = Home(tmp_path / "home")
    monkeypatch.setattr(headless, "examined", made.examined)
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def running(*words: str) -> tuple[int, str, str]:
        code = exit_code(list(words))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return running


def answering(monkeypatch: pytest.MonkeyPatch, *, yes: bool) -> None:
    monkeypatch.setattr(fix, "is_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: yes)


def test_the_change_is_shown_made_and_proved(run: Run, home: Home) -> None:
    code, out, err = run("fix", str(home.case), "--yes", "--lang", "en", "--json", str(home.folder / "after.json"))
    assert code == 0
    assert json.loads((home.folder / "after.json").read_text())["findings"] == []
    assert out.splitlines()[:2] == ["--- train.py", "+++ train.py"]
    assert "-loss = criterion(net(x).softmax(1), y)\n+loss = criterion(net(x), y)" in out
    assert "Cured\n   cured: Softmax before cross-entropy (loss/twice)\n   symptom gone: It learns too slowly" in out
    assert "train.py.before-nndoctor" in err
    assert home.script.read_text() == CURED
    assert (home.folder / "train.py.before-nndoctor").read_text() == SCRIPT
    [wish] = home.wishes
    assert (wish.symptoms, dict(wish.answers)) == (("slow",), {"worked_before": "once"})
    assert not wish.patient.trials


def test_only_the_diff_is_printed_where_only_that_is_wanted(run: Run, home: Home) -> None:
    code, out, _ = run("fix", str(home.case), "--diff")
    assert (code, home.script.read_text(), home.wishes) == (0, SCRIPT, [])
    assert out.endswith("+loss = criterion(net(x), y)\n")


def test_without_a_terminal_and_without_a_yes_nothing_is_changed(run: Run, home: Home) -> None:
    code, out, err = run("fix", str(home.case), "--lang", "en")
    assert (code, home.script.read_text(), home.wishes) == (1, SCRIPT, [])
    assert "+loss" in out
    assert "--yes" in err


@pytest.mark.parametrize("yes", [True, False])
def test_a_person_is_asked(run: Run, home: Home, monkeypatch: pytest.MonkeyPatch, yes: bool) -> None:
    answering(monkeypatch, yes=yes)
    assert run("fix", str(home.case))[0] == (0 if yes else 1)
    assert home.script.read_text() == (CURED if yes else SCRIPT)
    assert len(list(home.folder.glob("*.before-nndoctor"))) == yes


def test_the_demos_patient_is_left(run: Run, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fix, "PATIENTS", home.folder)
    code, _, err = run("fix", str(home.case), "--yes")
    assert (code, home.script.read_text()) == (2, SCRIPT)
    assert "Copy it" in err


def test_a_file_that_was_changed_since_is_left(run: Run, home: Home) -> None:
    home.script.write_text(SCRIPT.replace("softmax(1)", "softmax(dim=1)"))
    code, out, err = run("fix", str(home.case), "--yes")
    assert (code, out) == (2, "")
    assert "is not what it was" in err
    assert "`nndoctor explain loss/twice`" in err
    assert ".softmax(dim=1)" in home.script.read_text()


def test_where_nothing_is_confirmed_there_is_nothing_to_cure(run: Run, home: Home) -> None:
    home.save(home.having(Fact(value=False), 0.9))
    code, _, err = run("fix", str(home.case), "--yes")
    assert code == 2
    assert "nothing is confirmed" in err
    assert "no finding 'loss/once'" in run("fix", str(home.case), "--rule", "loss/once")[2]


def test_a_change_that_does_not_cure_is_told(run: Run, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def unmoved(wish: headless.Wish, rulebook: Rulebook, teller: Teller) -> headless.Examination:
        return headless.Examination(home.sick(), diagnose(home.sick(), rulebook), heard())

    monkeypatch.setattr(headless, "examined", unmoved)
    code, out, _ = run("fix", str(home.case), "--yes", "--lang", "en")
    assert code == 1
    assert "Not cured\n   still there: Softmax" in out


def test_a_patient_that_does_not_run_any_more_is_told(run: Run, home: Home) -> None:
    home.began = False
    code, out, err = run("fix", str(home.case), "--yes")
    assert code == 3
    assert "Cured" not in out
    assert "could not be examined" in err


def test_recheck_tells_what_became_of_it_and_changes_nothing(run: Run, home: Home) -> None:
    code, out, _ = run("recheck", str(home.case), "--lang", "en", "--budget", "50")
    assert code == 1
    assert "Not cured" in out
    assert home.wishes[0].patient.seconds == 50
    home.script.write_text(CURED)
    code, out, err = run("recheck", str(home.case), "--lang", "zh", "--html", str(home.folder / "after.html"))
    assert (code, out.splitlines()[0]) == (0, "已治愈")
    assert "after.html" in err
    assert home.script.read_text() == CURED


def test_recheck_writes_json_alone_on_stdout(run: Run, home: Home) -> None:
    code, out, _ = run("recheck", str(home.case), "--json", "-", "--quiet")
    assert code == 1
    report = json.loads(out)
    assert violations(report, json.loads(schema())) == []
    assert report["findings"][0]["remedy"]["diff"].splitlines()[0] == "--- train.py"
    assert report["findings"][0]["remedy"]["after"].splitlines()[-1] == "loss = criterion(net(x), y)"


def test_what_can_not_be_reached_again_is_refused(run: Run, home: Home, tmp_path: Path) -> None:
    gone = home.sick()
    save(Case(Patient("Net", "live"), evidence=gone.evidence), home.case)
    assert "running process" in run("recheck", str(home.case))[2]
    save(Case(Patient("train.py", directory=str(tmp_path / "gone")), evidence=gone.evidence), home.case)
    assert "any more" in run("recheck", str(home.case))[2]
    assert "--json has written" in run("fix", str(home.folder / "none.json"))[2]


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_reports_show_the_users_own_lines(run: Run, home: Home, form: str) -> None:
    code, out, _ = run("report", str(home.case), f"--{form}", "-", "--lang", "en")
    assert code == 0
    assert "in your" in out
    assert "train.py:4" in out
    assert "loss = criterion(net(x), y)" in out
    code, out, _ = run("report", str(home.case), "--lang", "en")
    assert "in your train.py:4\n" in out
    assert "+ loss = criterion(net(x), y)" in out
    home.script.unlink()
    assert "in your" not in run("report", str(home.case), "--lang", "en")[1]


def test_explain_tells_that_a_change_can_be_made(run: Run, home: Home) -> None:
    assert "`nndoctor fix` makes this change" in run("explain", "loss/twice", "--lang", "en")[1]
