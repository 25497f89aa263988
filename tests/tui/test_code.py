from __future__ import annotations

from pathlib import Path

from nndoctor.case import Place
from nndoctor.tui.widgets.code import excerpt
from tests.notebooks import written


def test_a_line_of_a_notebook_is_shown_among_the_lines_of_its_cell(tmp_path: Path) -> None:
    written(tmp_path / "train.ipynb", "Words", "import torch", "%who\nx = 1\ny = x / 0\nz = y", markdown=(0,))
    shown = excerpt(Place("train.ipynb", 3, "y = x / 0", cell=2), "en", str(tmp_path)).plain
    where, *rows = shown.splitlines()
    assert where == "train.ipynb cell 2, line 3"
    assert [row.split("│")[1].strip() for row in rows] == ["%who", "x = 1", "y = x / 0", "z = y"]
    assert rows[2].startswith("▸     3")


def test_only_the_recorded_line_is_shown_where_the_notebook_has_gone(tmp_path: Path) -> None:
    shown = excerpt(Place("train.ipynb", 3, "y = x / 0", cell=2), "zh", str(tmp_path)).plain
    assert shown == "train.ipynb 第 2 个单元格，第 3 行\n▸     3 │ y = x / 0"
