"""How rules write edits, and what a rule's edits come to on a user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nndoctor.case import Fact, Place
from nndoctor.edit.edited import PLAIN, WITH_VALUES
from nndoctor.edit.patch import Patch, patch_of
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import KINDS, Planned, RemoveCall, ScaleLearningRate, SetArgument, Unfreeze, written
from nndoctor.rulebook.load import builtin, load

SOFTMAX = Planned(RemoveCall("softmax"), "graph.softmax")


def test_an_edit_is_read_with_its_place_and_its_values() -> None:
    words = {"edit": "set_argument", "of": "DataLoader", "argument": "shuffle", "value": True, "at": "order.clumping"}
    assert written(words) == Planned(SetArgument("DataLoader", "shuffle", value=True), "order.clumping")
    assert written({"edit": "unfreeze", "at": "a.b", "label": "x"}) == Planned(Unfreeze(), "a.b", "x")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ({"edit": "remove_cal", "of": "softmax", "at": "a.b"}, "did you mean 'remove_call'"),
        ({"edit": "remove_call", "off": "softmax", "at": "a.b"}, "did you mean 'of'"),
        ({"edit": "remove_call", "at": "a.b"}, "missing"),
        ({"edit": "remove_call", "of": "softmax"}, "at whose place"),
        ({}, "no edit ''"),
        ({"edit": "remove_call", "of": 3, "at": "a.b"}, "of can't be 3"),
        ({"edit": "scale_learning_rate", "factor": True, "at": "a.b"}, "factor can't be True"),
    ],
)
def test_a_misspelt_edit_is_refused_with_what_was_meant(words: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        written(words)


def test_a_fact_may_give_a_value() -> None:
    planned = written({"edit": "scale_learning_rate", "factor": {"fact": "lower.factor"}, "at": "a.b"})
    assert planned.measured() == ("lower.factor",)
    assert planned.filled({"lower.factor": Fact(0.01)}) == ScaleLearningRate(0.01)
    assert planned.filled({}) is None
    assert written({"edit": "scale_learning_rate", "factor": 0.1, "at": "a.b"}).measured() == ()


def test_every_kind_of_edit_serves_some_rule() -> None:
    rules = load([builtin()]).rules.values()
    used = {type(planned.edit) for rule in rules for planned in rule.remedy.planned}
    assert used == set(KINDS.values())


def test_every_kind_of_edit_can_be_made() -> None:
    assert {*PLAIN, *WITH_VALUES} == set(KINDS.values())


def script(folder: Path, text: str = "import torch\r\ny = torch.softmax(x, 1)\r\n") -> Path:
    path = folder / "train.py"
    path.write_bytes(text.encode())
    return path


def facts(path: Path, value: str | bool = True, code: str = "y = torch.softmax(x, 1)") -> dict[str, Fact]:
    return {"graph.softmax": Fact(value, (Place(str(path), 2, code),))}


def test_a_patch_tells_its_file_its_diff_and_its_size(tmp_path: Path) -> None:
    path = script(tmp_path)
    patch = patch_of([SOFTMAX], facts(path))
    assert (patch.file, patch.size) == (str(path), 2)
    assert patch.after == "import torch\r\ny = x\r\n"
    assert patch.diff("train.py").split("\n")[:2] == ["--- train.py", "+++ train.py"]
    assert patch.diff("train.py").split("\n")[4:6] == ["-y = torch.softmax(x, 1)", "+y = x"]


def test_the_first_edit_that_can_be_made_is_the_one(tmp_path: Path) -> None:
    path = script(tmp_path)
    first = Planned(RemoveCall("sigmoid"), "graph.softmax")
    assert patch_of([first, SOFTMAX], facts(path)).after.endswith("y = x\r\n")


def test_an_edit_for_another_label_is_passed_over(tmp_path: Path) -> None:
    planned = Planned(RemoveCall("softmax"), "graph.softmax", "twice")
    assert patch_of([planned], facts(script(tmp_path), "twice")).size == 2
    with pytest.raises(CannotEdit, match="no line"):
        patch_of([planned], facts(script(tmp_path), "once"))


def test_a_reason_is_given_for_what_can_not_be_changed(tmp_path: Path) -> None:
    path = script(tmp_path)
    with pytest.raises(CannotEdit, match="not what it was"):
        patch_of([SOFTMAX], facts(path, code="y = torch.softmax(x, 2)"))
    with pytest.raises(CannotEdit, match="can't be read"):
        patch_of([SOFTMAX], facts(tmp_path / "gone.py"))
    with pytest.raises(CannotEdit, match="no line"):
        patch_of([SOFTMAX], {})


def test_of_several_lines_that_freeze_none_is_guessed(tmp_path: Path) -> None:
    path = str(script(tmp_path, "p.requires_grad = False\nq.requires_grad = False\n"))
    frozen = {"frozen.layers": Fact(2.0, (Place(path, 1), Place(path, 2)))}
    with pytest.raises(CannotEdit, match="2 lines freeze"):
        patch_of([Planned(Unfreeze(), "frozen.layers")], frozen)


def test_a_files_own_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nname = 'é'; y = 1\nz = torch.softmax(x, 1)\n".encode("latin-1"))
    with pytest.raises(CannotEdit, match="no call of softmax"):  # torch is not imported here
        patch_of([SOFTMAX], {"graph.softmax": Fact(value=True, where=(Place(str(path), 3),))})


def test_an_edit_is_made_on_top_of_another_of_the_same_file(tmp_path: Path) -> None:
    path = script(tmp_path, "import torch\nnp.x()\nopt = torch.optim.SGD(ps, lr=1.0)\ny = torch.softmax(x, 1)\n")
    rate = Planned(ScaleLearningRate(0.1), "rate.at")
    known = {
        "rate.at": Fact(1.0, (Place(str(path), 3, "opt = torch.optim.SGD(ps, lr=1.0)"),)),
        "graph.softmax": Fact(value=True, where=(Place(str(path), 4, "y = torch.softmax(x, 1)"),)),
    }
    first = patch_of([rate], known)
    longer = Patch(first.file, first.place, first.before, "# new\n" + first.after, first.encoding)
    both = patch_of([SOFTMAX], known, {longer.file: longer})
    assert both.before == path.read_text()
    assert both.after == "# new\nimport torch\nnp.x()\nopt = torch.optim.SGD(ps, lr=0.1)\ny = x\n"
    with pytest.raises(CannotEdit, match="another edit"):
        patch_of([rate], known, {longer.file: longer})
