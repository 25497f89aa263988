"""The probes with their state: done, at work, could not be measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from nndoctor.case import Outcome
from nndoctor.tui.plain import line
from nndoctor.tui.themes import QUIET
from nndoctor.tui.words import Words

MARKS: dict[str, tuple[str, str]] = {
    "measured": ("✓", "$success"),
    "not_measurable": ("–", QUIET),
    "crashed": ("✗", "$error"),
    "died": ("✗", "$error"),
    "timed_out": ("⚠", "$warning"),
    "cancelled": ("⚠", "$warning"),
    "at_work": ("▸", "bold $accent"),
}


@dataclass(frozen=True, slots=True)
class ProbeState:
    """One probe of the list; outcome None is the one at work."""

    title: str
    outcome: Outcome | None
    seconds: float


class ProbeList(VerticalScroll):
    """The probes in the order in which they were run; the newest is kept in sight."""

    def __init__(self, words: Words) -> None:
        super().__init__(id="probe-list")
        self.border_title = words("examination.probes")
        self._words = words

    def compose(self) -> ComposeResult:
        """One text: there are a few dozen probes at most."""
        yield Static("", markup=False)

    def show(self, states: Sequence[ProbeState]) -> None:
        """Shows these probes."""
        done = sum(state.outcome is not None for state in states)
        self.border_title = self._words("examination.probes_done", count=done)
        self.query_one(Static).update(Content("\n").join(self._row(state) for state in states))
        self.scroll_end(animate=False)

    def _row(self, state: ProbeState) -> Content:
        mark, style = MARKS[state.outcome or "at_work"]
        behind = ""
        if state.outcome is not None and state.outcome != "measured":
            behind = self._words(f"outcome.{state.outcome}")
        elif state.seconds >= 1:
            behind = f"{state.seconds:.0f} s"
        title = line(state.title)
        if cell_len(title) + cell_len(behind) + 4 > self.scrollable_content_region.width:
            behind = ""  # the mark says it too, and the diagnosis says all
        return Content.assemble((f"{mark} ", style), title, (f"  {behind}" if behind else "", QUIET))
