"""`nndoctor resume`: which case is reopened, how the app is drawn, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nndoctor.case import Case, Patient
from nndoctor.cli import exit_code
from nndoctor.tui.surroundings import Drawing
from nndoctor.visit import save


@dataclass
class FakeApp:
    """Notes what it was asked to show."""

    targets: list[object] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)

    def run(self, target: object, packs: Sequence[Path], lang: str, *, drawing: Drawing, in_place: bool = False) -> int:
        assert (list(packs), in_place, lang) == ([], False, "en")
        self.targets.append(target)
        self.drawings.append(drawing)
        return 0


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApp:
    """The app on a terminal, with cases in tmp_path / "cases"."""
    shown = FakeApp()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr("nndoctor.commands.resume.is_terminal", lambda: True)
    monkeypatch.setattr("nndoctor.commands.consult.is_terminal", lambda: True)
    monkeypatch.setattr("nndoctor.tui.app.run_app", shown.run)
    monkeypatch.setattr("nndoctor.tui.surroundings.cases_folder", lambda: tmp_path / "cases")
    return shown


def saved(path: Path, seconds: int) -> Path:
    save(Case(Patient("train.py", directory=str(path.parent))), path)
    os.utime(path, (seconds, seconds))
    return path


def test_the_case_that_was_saved_last_is_reopened(app: FakeApp, tmp_path: Path) -> None:
    saved(tmp_path / "cases" / "b.json", 1_000)
    last = saved(tmp_path / "cases" / "a.json", 2_000)
    assert exit_code(["resume"]) == 0
    assert app.targets == [last]


def test_a_case_that_is_named_is_reopened(app: FakeApp, tmp_path: Path) -> None:
    saved(tmp_path / "cases" / "a.json", 2_000)
    mine = saved(tmp_path / "mine.json", 1_000)
    assert exit_code(["resume", "mine.json"]) == 0
    assert app.targets == [mine]


@pytest.mark.parametrize(
    ("words", "told"), [([], "no case has been saved yet"), (["gone.json"], "no file 'gone.json'")]
)
def test_without_a_case_nothing_is_opened(
    app: FakeApp, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert exit_code(["resume", *words]) == 2
    assert told in capsys.readouterr().err
    assert app.targets == []


def test_without_a_terminal_the_way_to_read_the_case_is_told(
    app: FakeApp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("nndoctor.commands.resume.is_terminal", lambda: False)
    saved(tmp_path / "mine.json", 1_000)
    assert exit_code(["resume", "mine.json"]) == 2
    assert "nndoctor report mine.json" in capsys.readouterr().err
    assert app.targets == []


def test_the_app_is_drawn_as_the_user_wants(app: FakeApp, tmp_path: Path) -> None:
    saved(tmp_path / "mine.json", 1_000)
    (tmp_path / "train.py").write_text("")
    flags = ["--theme", "nndoctor-light", "--ascii", "--no-mouse", "--no-animation"]
    assert exit_code(["resume", "mine.json", *flags]) == 0
    assert exit_code([*flags, "train.py"]) == 0
    assert exit_code(["train.py"]) == 0
    wanted = Drawing("nndoctor-light", ascii_only=True, mouse=False, animated=False)
    assert app.drawings == [wanted, wanted, Drawing()]
