"""Fixtures for the screens: a clinic of one's own, and no blinking."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A folder called `digits` with a sick training in it, which is the working directory."""
    directory = tmp_path / "digits"
    directory.mkdir()
    monkeypatch.chdir(directory)
    monkeypatch.setattr(Input.cursor_blink, "_default", False)
    return Clinic(directory)
