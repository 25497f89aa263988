"""What a remedy would change in a user's file: the first of its edits that can be made where the facts say."""

from __future__ import annotations

import difflib
import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from nndoctor.case import Fact, Place
from nndoctor.edit.cells import CellEdited, edited_in_notebook
from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import Edit, Planned, Unfreeze

CONTEXT = 2
"""Rows round a change that are shown."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One file before and after, at which place, and how it is encoded; of a notebook the one cell that changes."""

    file: str
    place: Place
    before: str
    after: str
    encoding: str
    cell: CellEdited | None = None

    @property
    def shown(self) -> tuple[list[str], list[str]]:
        """The rows before and after that a person reads: of a notebook those of the cell."""
        if self.cell is not None:
            return _rows(self.cell.before), _rows(self.cell.after)
        return _rows(self.before), _rows(self.after)

    def diff(self, name: str = "") -> str:
        """The change as a unified diff under that name of the file."""
        shown = f"{name or self.file} cell {self.cell.number}" if self.cell is not None else name or self.file
        rows = difflib.unified_diff(*self.shown, shown, shown, n=CONTEXT, lineterm="")
        return "\n".join(rows)

    def excerpt(self) -> tuple[str, str, int]:
        """The rows that change with those round them, before and after, and the first that changes."""
        old, new = self.shown
        groups = list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT))
        parts = [[row for _, a, b, _, _ in group for row in old[a:b]] for group in groups]
        later = [[row for _, _, _, a, b in group for row in new[a:b]] for group in groups]
        margin = min(len(row) - len(row.lstrip()) for part in (*parts, *later) for row in part if row.strip())
        first = next(a for kind, a, _, _, _ in groups[0] if kind != "equal") + 1
        return _told(parts, margin), _told(later, margin), min(first, len(old))

    def moved(self, place: Place) -> Place:
        """Where a line of the file is once the patch is made. Raises CannotEdit for one that it changes."""
        rows = difflib.SequenceMatcher(None, _rows(self.before), _rows(self.after), autojunk=False)
        for old, new, length in rows.get_matching_blocks():
            if old < place.line <= old + length:
                return replace(place, line=place.line - old + new)
        raise CannotEdit(f"line {place.line} is changed by another edit already")

    @property
    def size(self) -> int:
        """How many lines go and come."""
        rows = difflib.unified_diff(*self.shown, n=0, lineterm="")
        return sum(row[:1] in "+-" and row[:3] not in ("+++", "---") for row in rows)


NONE: Mapping[str, Patch] = MappingProxyType({})


def patch_of(edits: Sequence[Planned], facts: Mapping[str, Fact], made: Mapping[str, Patch] = NONE) -> Patch:
    """The patch that the first of these edits makes which can be made. Raises CannotEdit with why none can.

    `made` are patches by file that were made before: the new one holds what they changed, too.
    """
    if not edits:
        raise CannotEdit("how your code has to be changed depends on what is meant")
    reasons = []
    for planned in edits:
        places, edit = planned.places(facts), planned.filled(facts)
        if not places or edit is None:
            continue
        if isinstance(edit, Unfreeze) and len(places) > 1:
            reasons.append(f"{len(places)} lines freeze, and which of them is meant only you know")
            continue
        try:
            return _changed(edit, places[0], made.get(places[0].file))
        except CannotEdit as reason:
            reasons.append(str(reason))
    raise CannotEdit("; ".join(dict.fromkeys(reasons)) or "the findings tell no line where it could be made")


def _changed(edit: Edit, place: Place, earlier: Patch | None) -> Patch:
    if place.cell and earlier is not None:
        raise CannotEdit("two edits of one notebook at once: make the first, then examine again")
    if earlier is None:
        before, encoding = read(place.file)
        if place.cell:
            cell = edited_in_notebook(before, edit, place)
            return Patch(place.file, place, before, cell.text, encoding, cell)
        return Patch(place.file, place, before, edited(before, edit, place), encoding)
    return replace(earlier, after=edited(earlier.after, edit, earlier.moved(place)))


def read(file: str) -> tuple[str, str]:
    """A Python file's text with its own ends of lines, and its encoding. Raises CannotEdit where it can't be read."""
    try:
        content = Path(file).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding), encoding
    except (OSError, SyntaxError, UnicodeDecodeError) as wrong:
        raise CannotEdit(f"{file} can't be read: {wrong}") from wrong


def _told(parts: list[list[str]], margin: int) -> str:
    """Parts of a file that lie apart, without the indentation that all of them have."""
    return "\n...\n".join("\n".join(row[margin:] for row in part) for part in parts)


def _rows(text: str) -> list[str]:
    return [row.rstrip("\r") for row in text.removesuffix("\n").split("\n")]
