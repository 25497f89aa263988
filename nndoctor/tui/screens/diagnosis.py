"""Diagnosis: the findings, root cause first, and all that speaks for the one under the highlight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.report.document import Document
from nndoctor.report.markdown import cause_markdown
from nndoctor.report.sections import Cause
from nndoctor.tui.messages import CopyWanted, EditorWanted, ReportWanted, RulePageWanted
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets import detail
from nndoctor.tui.widgets.choices import Choices
from nndoctor.tui.widgets.finding_list import COMPLAINT, NOT_EXAMINED, PROBES, RULED_OUT, rows
from nndoctor.tui.words import Words

_TOLD: Mapping[str, Callable[[Document, Words], Iterator[Widget]]] = {
    COMPLAINT: detail.symptoms,
    RULED_OUT: detail.ruled_out,
    NOT_EXAMINED: detail.not_examined,
    PROBES: detail.probes,
}


class DiagnosisScreen(Room):
    """List and detail; the keys act on the finding under the highlight, wherever the focus is."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["diagnosis.tcss", "../widgets/curve.tcss"]
    PLACE: ClassVar[str] = "diagnosis"
    FOREMOST: ClassVar[tuple[str, ...]] = ("report", "copy", "edit")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "report", "key.report", id="report"),
        Binding("y", "copy_finding", "key.copy", id="copy"),
        Binding("e", "edit", "key.edit", id="edit"),
        Binding("Y", "copy_fix", "key.copy_fix", id="copy-fix", show=False),
        Binding("o", "rule_page", "key.rule_page", id="rule-page", show=False),
        Binding("right,l", "to_detail", "key.to_detail", id="to-detail", show=False),
        Binding("left,h", "to_list", "key.to_list", id="to-list", show=False),
        Binding("space", "page_down", "key.page_down", id="page-down", show=False),
        Binding("b", "page_up", "key.page_up", id="page-up", show=False),
    ]

    def __init__(self, words: Words, subject: str, document: Document) -> None:
        super().__init__(words, subject)
        self.document = document

    def furnish(self) -> Iterator[Widget]:
        """Summary and list on one side, detail on the other."""
        with Container(classes="halves", id="told"):
            with Vertical(id="list-side"):
                yield Static(self._summary(), id="summary", markup=False)
                yield Choices(self.words, "findings", "key.open")
            yield detail.Detail(self.words)

    def on_mount(self) -> None:
        """The first finding is shown at once."""
        self.query_one(Choices).rows.focus()
        self._fill()

    def update(self, document: Document) -> None:
        """More is known: shows that, with the highlight where it was."""
        self.document = document
        self.query_one("#summary", Static).update(self._summary())
        self._fill()

    @property
    def cause(self) -> Cause | None:
        """The finding under the highlight."""
        pointed = self.query_one(Choices).pointed
        return next((cause for cause in self.document.findings if cause.rule.id == pointed), None)

    def _fill(self) -> None:
        choices = self.query_one(Choices)
        choices.fill(list(rows(self.document, self.words)))
        self._show(choices.pointed)

    def _summary(self) -> Content:
        confirmed = sum(cause.status == "confirmed" for cause in self.document.findings)
        suspected = len(self.document.findings) - confirmed
        watching = self.document.case.watching
        rehearsed = watching is not None and watching.how == "rehearsed"
        return Content.assemble(
            (self.words("diagnosis.confirmed", count=confirmed), "bold $text-error" if confirmed else ""),
            (" · ", QUIET),
            (self.words("diagnosis.suspected", count=suspected), "bold $text-warning" if suspected else ""),
            (" · " + self.words("diagnosis.rehearsed") if rehearsed else "", QUIET),
        )

    def _show(self, choice: str) -> None:
        parts = list(self._parts(choice))
        self.run_worker(self.query_one(detail.Detail).show(parts), group="detail", exclusive=True)

    def _parts(self, choice: str) -> Iterator[Widget]:
        cause = self.cause
        if cause is not None:
            return detail.finding(cause, self.document, self.words)
        if choice == COMPLAINT and not self.document.findings:
            return detail.nothing_found(self.document, self.words)
        return _TOLD[choice](self.document, self.words)

    @on(Choices.Pointed)
    def _pointed(self, pointed: Choices.Pointed) -> None:
        if not isinstance(pointed, Choices.Chosen):
            self._show(pointed.choice)

    @on(Choices.Chosen)
    def _chosen(self) -> None:
        self.action_to_detail()

    def action_to_detail(self) -> None:
        """To the detail, to scroll it."""
        self.query_one(detail.Detail).focus()

    def action_to_list(self) -> None:
        """Back to the list."""
        self.query_one(Choices).rows.focus()

    def action_page_down(self) -> None:
        """Reads on, wherever the focus is."""
        self.query_one(detail.Detail).scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """Reads back."""
        self.query_one(detail.Detail).scroll_page_up(animate=False)

    def action_report(self) -> None:
        """To the report."""
        self.post_message(ReportWanted())

    def action_copy_finding(self) -> None:
        """The finding as Markdown on the clipboard."""
        if self.cause is not None:
            self.post_message(CopyWanted(cause_markdown(self.cause, self.document.lang), self.words("copied.finding")))

    def action_copy_fix(self) -> None:
        """The code after the change on the clipboard, or the words where no code is given."""
        if self.cause is not None:
            self.post_message(CopyWanted(self.cause.fix.after or self.cause.fix.do, self.words("copied.fix")))

    def action_rule_page(self) -> None:
        """All that the rule says."""
        if self.cause is not None:
            self.post_message(RulePageWanted(self.cause.rule.id))

    def action_edit(self) -> None:
        """The line of code in the user's editor."""
        if self.cause is not None and self.cause.places:
            self.post_message(EditorWanted(self.cause.places[0]))
