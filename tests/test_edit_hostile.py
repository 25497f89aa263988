"""Sources that lead in circles, or nowhere: an edit is refused, and soon."""

from __future__ import annotations

import pytest

from nndoctor.case import Place
from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import (
    Edit,
    EvaluationMode,
    RemoveCall,
    SetArgument,
    StepAfterBackward,
    WithoutGraphs,
    ZeroGradients,
)

CALLS = "\n".join(f"    f(a, b, c, {n})" for n in range(300))
CIRCLES = {
    "names": "a = b\nb = c\nc = a\nfor x in d:\n    a(x).backward()",
    "attributes": "import torch\nx = y.a\ny = x.b\ny.c(x.d).backward()",
    "itself": f"def f(a, b, c, n):\n{CALLS}\n    a(b).backward()",
    "each other": """
def f(a):
    g(a)
    h(a)
def g(a):
    f(a)
    h(a)
def h(a):
    f(a)
    g(a)
    a(1).backward()""",
    "methods": """
class T:
    def f(self):
        self.g()
    def g(self):
        self.f()
        self.m(1).backward()""",
    "objects": """
class A:
    def __init__(self):
        self.b = B()
class B:
    def __init__(self):
        self.a = A()
A().b.a.b.a(1).backward()""",
}


@pytest.mark.parametrize(
    "edit", [ZeroGradients(), StepAfterBackward(), EvaluationMode(), WithoutGraphs(), RemoveCall("softmax")]
)
@pytest.mark.parametrize("kind", CIRCLES)
def test_a_circle_comes_to_an_end(kind: str, edit: Edit) -> None:
    source = CIRCLES[kind]
    try:
        after = edited(source, edit, Place("a.py", source.count("\n") + 1))
    except CannotEdit:
        return
    assert after != source


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 150 + ")" * 150,
        "x = " + "-" * 50_000 + "1",
        "x = " + "+".join(["a"] * 20_000),
        "y = a" + ".b" * 5_000,
        "#" * 1_000_001,
        "\x00",
        "",
    ],
    ids=["parentheses", "signs", "sum", "attributes", "long", "null", "empty"],
)
def test_what_no_person_wrote_is_refused(source: str) -> None:
    with pytest.raises(CannotEdit):
        edited(source, RemoveCall("softmax"), Place("a.py", 1))


def test_of_very_many_ways_none_is_taken() -> None:
    many = "\n".join(f"loader = a{n}\na{n} = DataLoader(d{n})" for n in range(400))
    source = f"from torch.utils.data import DataLoader\n{many}\nfor x in loader:\n    pass"
    with pytest.raises(CannotEdit, match="no calls"):
        edited(source, SetArgument("DataLoader", "shuffle", value=True), Place("a.py", source.count("\n")))
