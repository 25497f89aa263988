"""The evidence of a finding: what was measured, against what the rule asks for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from nndoctor.report.document import Document
from nndoctor.report.sections import Clause
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.flowing import Flowing
from nndoctor.tui.words import Words


class EvidenceTable(Static):
    """A line a fact: what it says, what was measured, what the rule asks for. The names of facts stand in the rule."""

    def __init__(self, clauses: Sequence[Clause], document: Document, words: Words) -> None:
        answers = dict(document.answers)
        rows = [_row(clause, answers.get(clause.says), words) for clause in clauses]
        super().__init__(Flowing(Content("\n").join(rows), hang="  "), classes="evidence", markup=False)


def _row(clause: Clause, answer: str | None, words: Words) -> Content:
    told = Content.assemble(("• ", "$accent"), clause.says, "  ", (answer or clause.measured, "bold $text-warning"))
    if answer is None and not isinstance(clause.value, bool):  # a flag's statement says it all
        told += Content.styled("   " + words("evidence.rule", expected=clause.asked), QUIET)
    return told
