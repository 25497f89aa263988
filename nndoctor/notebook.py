"""A notebook's cells, read without Jupyter and numbered as `Restart and Run All` numbers them.

Standard library only: the worker runs the cells, the screen shows their lines.
"""

from __future__ import annotations

import ast
import inspect
import json
import linecache
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from nndoctor.magics import translated

SUFFIX = ".ipynb"
Reason = Literal["no_notebook", "no_python", "no_code", "awaits"]
_SAYS = MappingProxyType(
    {
        "no_notebook": "it is no notebook of nbformat 4 (JSON with a list of cells)",
        "no_python": "its language is not Python",
        "no_code": "it has no cell with code",
        "awaits": "cell {cell} awaits at its top level, which only Jupyter can run: use asyncio.run(...) there",
    }
)
_NAME = re.compile(rf"(?P<file>.*{re.escape(SUFFIX)}) cell (?P<cell>\d+)", re.S)


class NotRunnable(ValueError):
    """What can't be run as a notebook; `cell` is 0 where it is no cell's fault."""

    def __init__(self, reason: Reason, cell: int = 0) -> None:
        """Says why."""
        super().__init__(_SAYS[reason].format(cell=cell))
        self.reason: Reason = reason
        self.cell = cell


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: `source` as it was written, `code` the Python in it line for line, `left_out` what is not run."""

    number: int
    source: str
    code: str
    left_out: tuple[tuple[int, str], ...] = ()


def is_notebook(path: str) -> bool:
    """By its name."""
    return path.endswith(SUFFIX)


def read(path: str | Path) -> tuple[Cell, ...]:
    """The code cells. Raises NotRunnable, and OSError for a file that can't be read."""
    cells = tuple(_cells(Path(path).read_bytes()))
    if not cells:
        raise NotRunnable("no_code")
    for cell in cells:
        if _awaits(cell.code):
            raise NotRunnable("awaits", cell.number)
    return cells


def _cells(content: bytes) -> Iterator[Cell]:
    number = 0
    for source in _sources(content):
        # Jupyter gives no number to an empty cell
        if source.strip():
            number += 1
            python = translated(source)
            yield Cell(number, source, python.code, tuple(python.left_out.items()))


def _sources(content: bytes) -> Iterator[str]:
    try:
        written = json.loads(content)
    except (ValueError, RecursionError):
        raise NotRunnable("no_notebook") from None
    rows = written.get("cells") if isinstance(written, dict) else None
    if not isinstance(rows, list):
        raise NotRunnable("no_notebook")
    if _language(written.get("metadata")) not in ("", "python", "ipython"):
        raise NotRunnable("no_python")
    for row in rows:
        if isinstance(row, dict) and row.get("cell_type") == "code":
            source = row.get("source", "")
            yield "".join(map(str, source)) if isinstance(source, list) else str(source)


def _language(metadata: object) -> str:
    """The kernel's language, "" where the notebook does not say."""
    if not isinstance(metadata, dict):
        return ""
    told = (("kernelspec", "language"), ("language_info", "name"))
    sections = ((metadata.get(section), key) for section, key in told)
    names = (section.get(key) for section, key in sections if isinstance(section, dict))
    return next((name.lower() for name in names if isinstance(name, str)), "")


def _awaits(code: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = compile(code, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except (SyntaxError, ValueError):
            return False  # told when the cell's turn comes
    return bool(compiled.co_flags & inspect.CO_COROUTINE)


def lines(path: str | Path) -> list[tuple[int, int, str]]:
    """Every line of a script or notebook with its cell (0 in a script) and its number.

    Raises OSError for what can't be read, and ValueError for what is no text or no notebook.
    """
    if not is_notebook(str(path)):
        return [(0, number, row) for number, row in _numbered(Path(path).read_text(encoding="utf-8"))]
    return [(cell.number, number, row) for cell in read(path) for number, row in _numbered(cell.source)]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.split("\n"), 1)


def name_of(path: str, cell: int) -> str:
    """The file name that a cell is compiled with: tracebacks and frames carry it."""
    return f"{path} cell {cell}"


def parted(name: str) -> tuple[str, int]:
    """The file and the cell in such a name; cell 0 for any other file."""
    found = _NAME.fullmatch(name)
    return (found["file"], int(found["cell"])) if found else (name, 0)


def remember(path: str, cells: Iterable[Cell]) -> None:
    """Gives linecache the lines of the cells, so that tracebacks and places show them."""
    for cell in cells:
        name = name_of(path, cell.number)
        # no time of change: linecache never looks for such a file
        linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(keepends=True), name)
