"""Sources with a marked line, and what an edit makes of them."""

from __future__ import annotations

import difflib
import textwrap

from nndoctor.case import Place
from nndoctor.edit.edited import edited
from nndoctor.edits import Edit

MARK = "  # <-"


def marked(source: str) -> tuple[str, Place]:
    """The source without its mark, and the place of the marked line."""
    text = textwrap.dedent(source).lstrip("\n")
    rows = text.split("\n")
    line = next(number for number, row in enumerate(rows, 1) if MARK in row)
    plain = text.replace(MARK, "")
    return plain, Place("train.py", line, plain.split("\n")[line - 1].strip())


def changed(source: str, edit: Edit) -> list[str]:
    """The rows that go and come, with - and + in front, in the order of the file; rows of the diff's own left out."""
    before, place = marked(source)
    rows = difflib.ndiff(before.split("\n"), edited(before, edit, place).split("\n"))
    return [f"{row[0]}{row[2:]}" for row in rows if row[0] in "+-"]
