"""Edits in notebooks: the cells are one source, and the file keeps its form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nndoctor.case import Fact, Place
from nndoctor.edit.patch import Patch, patch_of
from nndoctor.edit.rewrite import rewrite
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import Edit, EvaluationMode, Planned, RemoveCall, SetArgument
from tests.notebooks import text, written

CELLS = (
    "%matplotlib inline\nimport torch\nfrom torch.utils.data import DataLoader\n!pip list",
    "# Training",
    "loader = DataLoader(data, batch_size=8)  # 数据",
    "for x, y in loader:\n    crit(net(x), y).backward()\n    opt.step()",
    "out = net(x_val)",
)
SHUFFLE = SetArgument("DataLoader", "shuffle", value=True)


def patched(path: Path, edit: Edit, cell: int, line: int, code: str = "") -> Patch:
    fact = Fact(value=True, where=(Place(str(path), line, code, cell=cell),))
    return patch_of([Planned(edit, "a.b")], {"a.b": fact})


def sources(content: str) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def test_the_cell_that_made_a_thing_is_changed_where_another_uses_it(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", *CELLS, markdown={1})
    patch = patched(path, SHUFFLE, 3, 1, "for x, y in loader:")
    new = [*CELLS]
    new[2] = "loader = DataLoader(data, batch_size=8, shuffle=True)  # 数据"
    assert sources(patch.after) == new
    assert patch.after == text(*new, markdown={1})  # to the byte
    assert patch.diff("a.ipynb").split("\n")[:2] == ["--- a.ipynb cell 2", "+++ a.ipynb cell 2"]
    assert patch.size == 2
    assert patch.excerpt()[1] == new[2]
    rewrite(patch)
    assert sources(path.read_text(encoding="utf-8")) == new


def test_a_row_that_comes_first_or_last_stays_in_its_cell(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", *CELLS)
    assert sources(patched(path, EvaluationMode(), 5, 1).after)[4] == "net.eval()\nout = net(x_val)"
    loop = "for e in r:\n    net(x).backward()\n    out = net(v)"
    path = written(tmp_path / "b.ipynb", loop, "print(1)")
    assert sources(patched(path, EvaluationMode(), 1, 3).after) == [
        "for e in r:\n    net(x).backward()\n    net.eval()\n    out = net(v)\n    net.train()",
        "print(1)",
    ]


@pytest.mark.parametrize("form", [{"indent": 2}, {"indent": 1, "ensure_ascii": True}, {}])
def test_the_form_of_the_file_is_kept(tmp_path: Path, form: dict[str, int]) -> None:
    path = tmp_path / "a.ipynb"
    content = json.loads(text(*CELLS))
    content["cells"][2]["source"] = CELLS[2]  # one text, not a list of rows
    path.write_text(json.dumps(content, **{"ensure_ascii": False, **form}) + "\n", encoding="utf-8")  # type: ignore[arg-type]
    before = path.read_text(encoding="utf-8").split("\n")
    after = patched(path, SHUFFLE, 4, 1).after.split("\n")
    assert len(before) == len(after)
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_what_can_not_be_kept_is_left(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", *CELLS)
    path.write_text(path.read_text(encoding="utf-8").replace('"cells":', '"cells"   :'), encoding="utf-8")
    with pytest.raises(CannotEdit, match="form"):
        patched(path, SHUFFLE, 4, 1)


def test_a_row_with_a_magic_is_left(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", "import torch", "%time y = torch.softmax(x, 1)")
    with pytest.raises(CannotEdit, match="magic"):
        patched(path, RemoveCall("softmax"), 2, 1)
