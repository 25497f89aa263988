from __future__ import annotations

import pytest

from nndoctor.case import Place
from nndoctor.tui.editor import editing, editor

PLACE = Place("/home/ann/train it.py", 41)


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("vim", ["vim", "+41", "/home/ann/train it.py"]),
        ("emacs -nw", ["emacs", "-nw", "+41", "/home/ann/train it.py"]),
        ("/usr/bin/code", ["/usr/bin/code", "--wait", "--goto", "/home/ann/train it.py:41"]),
        ("hx", ["hx", "/home/ann/train it.py:41"]),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(program: str, command: list[str]) -> None:
    assert editing(PLACE, program) == command


def test_a_notebook_is_opened_without_a_line_which_is_one_of_the_cell() -> None:
    assert editing(Place("/home/ann/train.ipynb", 4, cell=2), "vim") == ["vim", "/home/ann/train.ipynb"]


def test_visual_comes_before_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "ed")
    monkeypatch.delenv("VISUAL", raising=False)
    assert editor() == "ed"
    monkeypatch.setenv("VISUAL", "vim")
    assert editor() == "vim"
