"""Pictures of the screens: two sizes, both languages, with and without colour. `--snapshot-update` takes them anew.

What a screen says is tested elsewhere, on its text: these hold what only the eye sees.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot

from nndoctor.tui.face import NndoctorApp
from nndoctor.tui.words import Language
from tests.tui.clinic import Clinic, offered, to_diagnosis, until

SMALL, LARGE = (80, 24), (120, 40)


class Compare(Protocol):
    """The fixture of pytest-textual-snapshot."""

    def __call__(
        self,
        app: NndoctorApp,
        *,
        terminal_size: tuple[int, int],
        run_before: Callable[[Pilot[None]], Awaitable[None]],
    ) -> bool: ...


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic whose path is the same on every machine."""
    monkeypatch.chdir(tmp_path)
    Path("digits").mkdir()
    Path("digits", "model.py").write_text("import torch\n")
    return Clinic(Path("digits"))


async def at(pilot: Pilot[None], place: str) -> None:
    await until(pilot, lambda: pilot.app.screen.id == place, place)
    await pilot.pause(0.3)


async def intake(pilot: Pilot[None]) -> None:
    await offered(pilot)
    await at(pilot, "intake")


async def symptoms(pilot: Pilot[None]) -> None:
    await offered(pilot)
    await pilot.press("3", "4")
    await at(pilot, "symptoms")


async def interview(pilot: Pilot[None]) -> None:
    await symptoms(pilot)
    await pilot.press("4", "enter")
    await at(pilot, "interview")
    await pilot.press("1")
    await at(pilot, "interview")


async def examination(pilot: Pilot[None]) -> None:
    await offered(pilot)
    await pilot.press("1", "enter")
    await at(pilot, "examination")
    await pilot.pause(0.3)


async def help_text(pilot: Pilot[None]) -> None:
    await symptoms(pilot)
    await pilot.press("question_mark")
    await at(pilot, "help")


async def diagnosis(pilot: Pilot[None]) -> None:
    await to_diagnosis(pilot)
    await at(pilot, "diagnosis")


async def strip(pilot: Pilot[None]) -> None:
    await diagnosis(pilot)
    await pilot.press("j")
    await at(pilot, "diagnosis")


@dataclass(frozen=True)
class View:
    """What is photographed, and how."""

    way: Callable[[Pilot[None]], Awaitable[None]]
    size: tuple[int, int] = SMALL
    lang: Language = "en"
    theme: str | None = None
    encoding: str = "utf-8"


VIEWS = {
    "intake": View(intake),
    "symptoms-large": View(symptoms, LARGE),
    "interview": View(interview),
    "examination": View(examination),
    "examination-large-zh": View(examination, LARGE, "zh"),
    "help-zh": View(help_text, lang="zh"),
    "diagnosis": View(diagnosis),
    "diagnosis-large": View(diagnosis, LARGE),
    "diagnosis-large-zh-light": View(diagnosis, LARGE, "zh", "nndoctor-light"),
    "strip-without-colour-or-utf8": View(strip, theme="ansi-dark", encoding="ascii"),
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_screen_looks_as_it_did(clinic: Clinic, snap_compare: Compare, name: str) -> None:
    view = VIEWS[name]
    clinic.open = view.way is not examination
    app = clinic.app(view.lang, target=view.way is not intake, theme=view.theme, encoding=view.encoding)
    assert snap_compare(app, terminal_size=view.size, run_before=view.way)
