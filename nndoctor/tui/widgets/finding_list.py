"""The diagnosis as rows: findings with the root cause first, then what is ruled out and what was not examined."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from nndoctor.report.document import Document
from nndoctor.report.sections import Cause
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.choices import Choice
from nndoctor.tui.words import Words

COMPLAINT = "complaint"
RULED_OUT = "ruled-out"
NOT_EXAMINED = "not-examined"
PROBES = "probes"
MARKS = {"confirmed": ("✗", "bold $text-error"), "suspected": ("⚠", "bold $text-warning")}


def rows(document: Document, words: Words) -> Iterator[Choice]:
    """The rows of the list; a finding's row has its rule as id."""
    for cause in document.findings:
        yield Choice(cause.rule.id, _row(cause))
    yield Choice("gap", Content(""), heading=True)
    yield Choice(COMPLAINT, _tail("•", "$text-accent", words("diagnosis.symptoms"), len(document.symptoms)))
    yield Choice(RULED_OUT, _tail("✓", "$text-success", words("diagnosis.ruled_out"), len(document.ruled_out)))
    yield Choice(NOT_EXAMINED, _tail("–", QUIET, words("diagnosis.not_examined"), len(document.not_examined)))
    yield Choice(PROBES, _tail("•", "$text-accent", words("diagnosis.probes"), len(document.probes)))


def _row(cause: Cause) -> Content:
    mark, style = MARKS[cause.status]
    echo = "└ " if cause.caused_by else ""
    return Content.assemble(
        (f"{mark} ", style),
        (f"{cause.rank} ", "$text-accent"),
        (echo, QUIET),
        (cause.rule.title, "bold" if cause.status == "confirmed" and not echo else ""),
    )


def _tail(mark: str, style: str, said: str, count: int) -> Content:
    return Content.assemble((f"{mark} ", style), (f"{said} ", QUIET), str(count))
