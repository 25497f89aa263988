"""Code: the line of the user's file with its neighbours, and a fix as before and after."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from textual.content import Content
from textual.highlight import highlight

from nndoctor import notebook
from nndoctor.case import Place
from nndoctor.report.code import Change, changes
from nndoctor.report.words import Language, spot
from nndoctor.tui.plain import block, line, lines
from nndoctor.tui.themes import QUIET

AROUND = 2
_SIGNS: Mapping[Change, tuple[str, str]] = {
    "same": ("  ", ""),
    "removed": ("- ", "bold $text-error"),
    "added": ("+ ", "bold $text-success"),
}
_MOST_BYTES = 2_000_000


def excerpt(place: Place, lang: Language, directory: str = ".") -> Content:
    """The line with its neighbours, marked; only the line as it was recorded where the file has changed since."""
    where = Content.assemble((line(spot(place, lang)), "bold"), *_inside(place))
    source = _source(Path(directory) / place.file, place.cell)
    known = line(place.code).strip()
    there = 1 <= place.line <= len(source) and (not known or line(source[place.line - 1]).strip() == known)
    if not there:
        return where + "\n" + _numbered(place.line, coloured(known), marked=True) if known else where
    first = max(1, place.line - AROUND)
    last = min(len(source), place.line + AROUND)
    # without the indentation that all of them have: at 80 columns the ends of lines were cut
    shown = coloured(dedent("\n".join(lines_of(source[first - 1 : last])))).split("\n", allow_blank=True)
    rows = (_numbered(number, row, marked=number == place.line) for number, row in enumerate(shown, start=first))
    return Content("\n").join([where, *rows])


def change(before: str, after: str) -> Content:
    """A fix as a change: lines that go, lines that come, told apart by their signs; the rest stays."""
    return Content("\n").join(Content.assemble(_SIGNS[kind], coloured(row)) for kind, row in changes(before, after))


def coloured(code: str) -> Content:
    """Python in colours."""
    return highlight(block(code), language="python")


def lines_of(rows: list[str]) -> list[str]:
    """Rows of a file with tabs expanded and controls left out."""
    return [lines(row)[0] for row in rows]


def _numbered(number: int, row: Content, *, marked: bool) -> Content:
    mark = ("▸ ", "bold $accent") if marked else "  "
    return Content.assemble(mark, (f"{number:>5} │ ", "bold" if marked else QUIET), row)


def _inside(place: Place) -> list[tuple[str, str]]:
    return [(f"  {line(place.function)}", QUIET)] if place.function else []


def _source(path: Path, cell: int) -> list[str]:
    try:
        if cell:
            return [row for number, _, row in notebook.lines(path) if number == cell]
        if path.stat().st_size > _MOST_BYTES:
            return []
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, ValueError):
        return []
