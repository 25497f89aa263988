"""An edit in a notebook: its cells are one source, and one of them is changed in the file as it was written."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from nndoctor import notebook
from nndoctor.case import Place
from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import Edit

Written = dict[str, object]


@dataclass(frozen=True, slots=True)
class CellEdited:
    """The notebook's file as it is then, and the one cell that changed: its number, before and after."""

    text: str
    number: int
    before: str
    after: str


def edited_in_notebook(text: str, edit: Edit, place: Place) -> CellEdited:
    """The edit made in the file's text. Raises CannotEdit with the reason."""
    try:
        cells = notebook.read(place.file)
    except (notebook.NotRunnable, OSError) as wrong:
        raise CannotEdit(str(wrong)) from wrong
    code = [cell.code.split("\n") for cell in cells]
    starts = [0]
    for rows in code:
        starts.append(starts[-1] + len(rows))
    before = [row for rows in code for row in rows]
    whole = edited("\n".join(before), edit, replace(place, line=starts[place.cell - 1] + place.line))
    first, last, rows = _changed(before, whole.split("\n"))
    at = min(bisect_right(starts, first) - 1, len(cells) - 1)
    if first == last == starts[at] and place.cell == at:
        at -= 1  # between two cells: a row that comes behind the last one of the place's own
    if last > starts[at + 1]:
        raise CannotEdit("the change goes over several cells: make it by hand")
    cell, start = cells[at], starts[at]
    old = cell.source.split("\n")
    if old[first - start : last - start] != before[first:last]:
        raise CannotEdit(f"cell {cell.number} has a magic where the change would be: make it by hand")
    new = [*old[: first - start], *rows, *old[last - start :]]
    return CellEdited(_with_source(text, cell.number, "\n".join(new)), cell.number, cell.source, "\n".join(new))


def _changed(before: list[str], after: list[str]) -> tuple[int, int, list[str]]:
    """The rows from the first to the last that changes, and what stands there then."""
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    changes = [code for code in codes if code[0] != "equal"]
    return changes[0][1], changes[-1][2], after[changes[0][3] : changes[-1][4]]


def _with_source(text: str, number: int, source: str) -> str:
    """The file with another source of that code cell, all else to the byte. Raises CannotEdit where that can't be."""
    written: Written = json.loads(text)
    form = _form(text, written)
    counted = 0
    cells = written["cells"]
    assert isinstance(cells, list)  # noqa: S101 - it was read as a notebook
    for cell in cells:
        given = cell.get("source", "")
        joined = "".join(map(str, given)) if isinstance(given, list) else str(given)
        counted += cell.get("cell_type") == "code" and bool(joined.strip())
        if cell.get("cell_type") == "code" and counted == number:
            cell["source"] = source.splitlines(keepends=True) if isinstance(given, list) else source
            return form.written(written)
    raise CannotEdit(f"there is no cell {number}")


@dataclass(frozen=True, slots=True)
class _Form:
    """How a file of JSON is written."""

    indent: int | None
    ascii_only: bool
    end: str

    def written(self, content: Written) -> str:
        separators = (",", ": ") if self.indent is not None else None
        told = json.dumps(content, indent=self.indent, ensure_ascii=self.ascii_only, separators=separators)
        return told + self.end


def _form(text: str, content: Written) -> _Form:
    end = text[len(text.rstrip()) :]
    for indent in (1, 2, 4, None):
        for ascii_only in (False, True):
            form = _Form(indent, ascii_only, end)
            if form.written(content) == text:
                return form
    raise CannotEdit("the notebook is written in a form that could not be kept: change the cell by hand")
