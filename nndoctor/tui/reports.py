"""The report in the format asked for; each writer is imported with its first use, for pictures bring matplotlib."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nndoctor.tui.messages import ReportFormat

if TYPE_CHECKING:
    from nndoctor.report.document import Document

SUFFIXES: dict[ReportFormat, str] = {"markdown": ".md", "html": ".html", "json": ".json"}
_WRITERS: dict[ReportFormat, tuple[str, str]] = {
    "markdown": ("nndoctor.report.markdown", "markdown"),
    "html": ("nndoctor.report.html", "html"),
    "json": ("nndoctor.report.json_report", "json_report"),
}


def report(form: ReportFormat, document: Document) -> str:
    """The text of the report."""
    module, name = _WRITERS[form]
    text = getattr(import_module(module), name)(document)
    if not isinstance(text, str):
        raise TypeError(f"{module}.{name} gave {type(text).__name__}, not text")
    return text


def write(form: ReportFormat, document: Document, path: Path) -> None:
    """Writes the report, whole or not at all; folders are made. Raises OSError where it can't be written."""
    text = report(form, document)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(text, encoding="utf-8", errors="replace")
    beside.replace(path)
