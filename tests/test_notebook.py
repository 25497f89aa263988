"""Notebooks: which cells there are, what stands for IPython's own lines, and where a line of a cell is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nndoctor import notebook
from nndoctor.case import Place
from nndoctor.magics import translated
from nndoctor.report.words import spot
from tests.notebooks import written


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("x = 1\n", "x = 1\n"),
        ("%matplotlib inline\nx = 1", "\nx = 1"),
        ("if True:\n    !pip install torch\n    x = 1", "if True:\n    pass\n    x = 1"),
        ("!pip install \\\n   torch\nx = 1", "\n\nx = 1"),
        ("files = !ls *.txt\nn = len(files)", "files = []\nn = len(files)"),
        ("cost = %timeit -o f()", "cost = None"),
        ("%time loss = train(3)", "loss = train(3)"),
        ("loss = %time train(3)", "loss = train(3)"),
        ("%timeit -n 10 -r3 f(-x)", "f(-x)"),
        ("nn.Linear??", ""),
        ("?model", ""),
        ('text = """\n%matplotlib inline\n!ls\n"""\n!ls', 'text = """\n%matplotlib inline\n!ls\n"""\n'),
        ("x = (7\n%3)\n!ls", "x = (7\n%3)\n"),
        ("x = 7 \\\n%3\n!ls", "x = 7 \\\n%3\n"),
        ("a != b\nx %= 3\n%who", "a != b\nx %= 3\n"),
        ("%%time\nfit()", "\nfit()"),
        ("\n%%capture out\n%who\nfit()", "\n\n\nfit()"),
        ("%%bash\necho 1", ""),
        ("%%bash\nx=1", ""),
        ("%%html\n<b>x</b>", ""),
        ("%%wandb\nfit()", "\nfit()"),
        ("%%unheard of\nselect * from t", ""),
    ],
)
def test_every_line_of_a_cell_keeps_its_number(source: str, python: str) -> None:
    told = translated(source)
    assert told.code == python
    if python not in (source, "loss = train(3)", "f(-x)", "\nfit()"):
        assert told.left_out


def test_what_is_left_out_is_told_with_its_line() -> None:
    assert translated("import os\n\n!rm -rf /\n").left_out == {3: "!rm -rf /"}
    assert translated("%%bash\nrm -rf /").left_out == {1: "%%bash"}
    assert translated("%%capture\n!ls\nfit()").left_out == {1: "%%capture", 2: "!ls"}
    assert translated("%time fit()").left_out == {}


def test_a_wrong_cell_stays_wrong() -> None:
    assert translated("def f(:\n    pass").code == "def f(:\n    pass"


def test_a_file_that_a_cell_writes_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for source in ("%%writefile 'a b.py'\nx = 1\n", "%%writefile -a 'a b.py'\n%who\n"):
        exec(translated(source).code, {})  # noqa: S102  # our own text
    assert (tmp_path / "a b.py").read_text() == "x = 1\n%who\n"


def test_cells_are_numbered_as_jupyter_numbers_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ipynb", "# Title", "import torch\n", "", "  \n", "x = 1\ny = 2", markdown=(0,))
    assert [(cell.number, cell.source) for cell in notebook.read(path)] == [(1, "import torch\n"), (2, "x = 1\ny = 2")]
    assert notebook.lines(path)[-1] == (2, 2, "y = 2")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no_notebook"),
        (b"{", "no_notebook"),
        (b"[]", "no_notebook"),
        (b'{"worksheets": []}', "no_notebook"),
        (b"[" * 100_000, "no_notebook"),
        (b'{"cells": []}', "no_code"),
        (b'{"cells": [{"cell_type": "markdown", "source": "x"}]}', "no_code"),
        (b'{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "no_python"),
        (
            b'{"cells": [{"cell_type": "code", "source": "x = 1"}, {"cell_type": "code", "source": "await f()"}]}',
            "awaits",
        ),
        (b'{"cells": [{"cell_type": "code", "source": "async for x in f(): pass"}]}', "awaits"),
    ],
)
def test_what_can_not_be_run_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    with pytest.raises(notebook.NotRunnable) as told:
        notebook.read(path)
    assert told.value.reason == reason


def test_the_cell_that_awaits_is_named(tmp_path: Path) -> None:
    with pytest.raises(notebook.NotRunnable, match="cell 2 awaits"):
        notebook.read(written(tmp_path / "a.ipynb", "async def f(): await g()", "x = await f()"))


def test_a_place_in_a_cell_is_told_in_both_languages() -> None:
    assert notebook.parted(notebook.name_of("/a b/train.ipynb", 12)) == ("/a b/train.ipynb", 12)
    assert notebook.parted("/a/train.py") == ("/a/train.py", 0)
    place = Place("train.ipynb", 5, cell=3)
    assert spot(place, "en") == "train.ipynb cell 3, line 5"
    assert spot(place, "zh") == "train.ipynb 第 3 个单元格，第 5 行"
    assert spot(Place("train.py", 5), "en") == "train.py:5"


def test_a_source_may_be_one_text_or_a_list_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}]}))
    assert notebook.read(path)[0].source == "a = 1\nb = 2"
