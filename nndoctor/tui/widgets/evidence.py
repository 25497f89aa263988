"""The evidence of a finding: what was measured, against what the rule asks for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from nndoctor.report.document import Clause, Document
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.flowing import flowing
from nndoctor.tui.words import Words


class EvidenceTable(Static):
    """Two lines a fact: what it says, and what was measured."""

    def __init__(self, clauses: Sequence[Clause], document: Document, words: Words) -> None:
        answers = dict(document.answers)
        rows = [row for clause in clauses for row in _rows(clause, answers.get(clause.says), words)]
        super().__init__(flowing(Content("\n").join(rows)), classes="evidence", markup=False)


def _rows(clause: Clause, answer: str | None, words: Words) -> list[Content]:
    told = Content.assemble("  ", (answer or clause.measured, "bold $text-warning"))
    if answer is None and not isinstance(clause.value, bool):  # a flag's statement says it all
        told += Content("   " + words("evidence.rule", expected=clause.asked))
    return [
        Content.assemble(("• ", "$accent"), clause.says),
        told + Content.styled(f"   {clause.fact}", QUIET),
    ]
