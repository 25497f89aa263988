"""What a remedy would change in a user's file: the first of its edits that can be made where the facts say."""

from __future__ import annotations

import difflib
import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nndoctor import notebook
from nndoctor.case import Fact, Place
from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import Edit, Planned, Unfreeze

CONTEXT = 2
"""Rows round a change that are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after, at which place, and how it is encoded."""

    file: str
    place: Place
    before: str
    after: str
    encoding: str

    def diff(self, name: str = "") -> str:
        """The change as a unified diff under that name of the file."""
        shown = name or self.file
        rows = difflib.unified_diff(_rows(self.before), _rows(self.after), shown, shown, n=CONTEXT, lineterm="")
        return "\n".join(rows)

    @property
    def size(self) -> int:
        """How many lines go and come."""
        rows = difflib.unified_diff(_rows(self.before), _rows(self.after), n=0, lineterm="")
        return sum(row[:1] in "+-" and row[:3] not in ("+++", "---") for row in rows)


def change_of(edits: Sequence[Planned], facts: Mapping[str, Fact]) -> Change:
    """The change that the first of these edits makes which can be made. Raises CannotEdit with why none can."""
    reasons = []
    for planned in edits:
        places, edit = planned.places(facts), planned.filled(facts)
        if not places or edit is None:
            continue
        if isinstance(edit, Unfreeze) and len(places) > 1:
            reasons.append(f"{len(places)} lines freeze, and which of them is meant only you know")
            continue
        try:
            return _changed(edit, places[0])
        except CannotEdit as reason:
            reasons.append(str(reason))
    raise CannotEdit("; ".join(dict.fromkeys(reasons)) or "the findings tell no line where it could be made")


def _changed(edit: Edit, place: Place) -> Change:
    if place.cell or notebook.is_notebook(place.file):
        raise CannotEdit("a notebook is not edited: change the cell by hand")
    before, encoding = read(place.file)
    return Change(place.file, place, before, edited(before, edit, place), encoding)


def read(file: str) -> tuple[str, str]:
    """A Python file's text with its own ends of lines, and its encoding. Raises CannotEdit where it can't be read."""
    try:
        content = Path(file).read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding), encoding
    except (OSError, SyntaxError, UnicodeDecodeError) as wrong:
        raise CannotEdit(f"{file} can't be read: {wrong}") from wrong


def _rows(text: str) -> list[str]:
    return [row.rstrip("\r") for row in text.split("\n")]
