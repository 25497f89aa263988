"""Examination: the training is watched, live, and the probes do their work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Static

from nndoctor.tui.chart import WATCH, Chart, Run
from nndoctor.tui.messages import DiagnosisWanted, ExaminationWanted, RunCancelled
from nndoctor.tui.plain import line
from nndoctor.tui.screens.room import Room
from nndoctor.tui.widgets.curve import Curve, Line
from nndoctor.tui.widgets.log_pane import LogPane
from nndoctor.tui.widgets.probe_list import ProbeList, ProbeState
from nndoctor.tui.widgets.progress import Progress, clock
from nndoctor.tui.words import Words

DRAW_SECONDS = 0.1
"""News that come closer together than this are drawn together."""


class ExaminationScreen(Room):
    """Loss curve, probes, the script's own output, and how far it all is."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["examination.tcss", "../widgets/curve.tcss"]
    PLACE: ClassVar[str] = "examination"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "end_run", "key.end_run", id="end-run"),
        Binding("d,enter", "diagnosis", "key.diagnosis", id="diagnosis", key_display="d"),
        Binding("c", "go_on", "key.continue", id="go-on"),
    ]

    def __init__(self, words: Words, subject: str, chart: Chart, title_of: Callable[[str], str]) -> None:
        super().__init__(words, subject)
        self.chart = chart
        self._title_of = title_of
        self._due = False
        self._drawn: tuple[int, int] = (-1, -1)

    def furnish(self) -> Iterator[Widget]:
        """Curve and probes side by side, the log below, progress at the bottom."""
        with Container(classes="halves", id="watching"):
            with Vertical(id="loss") as frame:
                frame.border_title = self.words("examination.loss")
                yield Static(self.words("examination.no_loss"), id="no-loss", markup=False)
                yield Curve()
            yield ProbeList(self.words)
        yield LogPane(self.words, self.chart.transcript)
        yield Progress(self.words)

    def on_mount(self) -> None:
        """The clock runs on between the news."""
        self.query_one(Curve).display = False
        self.query_one(LogPane).focus()
        self.set_interval(1.0, self._show_progress)
        self._draw()

    def follow(self) -> None:
        """There are news on the chart: draws them, soon."""
        if self.is_mounted and not self._due:
            self._due = True
            self.set_timer(DRAW_SECONDS, self._draw)

    def resume(self) -> None:
        """The examination goes on."""
        self.chart.summary, self.chart.stopped = "", False
        self.follow()

    def action_end_run(self) -> None:
        """Ends the current run; what was seen is kept."""
        self.post_message(RunCancelled())

    def action_go_on(self) -> None:
        """Goes on where it was stopped."""
        self.post_message(ExaminationWanted())

    def action_diagnosis(self) -> None:
        """To the diagnosis: now, with what is known."""
        self.post_message(DiagnosisWanted())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to end only while a run lives, and to go on with only once all has stopped."""
        del parameters
        if action == "go_on":
            return self.chart.stopped
        return action != "end_run" or self.chart.running

    def _draw(self) -> None:
        self._due = False
        self._show_losses()
        self.query_one(LogPane).follow()
        self.query_one(ProbeList).show(list(self._states()))
        self._show_progress()
        self.refresh_bindings()

    def _states(self) -> Iterator[ProbeState]:
        for name, evidence in self.chart.evidence.items():
            yield ProbeState(self._title_of(name), evidence.outcome, evidence.seconds)
        if self.chart.at_work:
            yield ProbeState(self._title_of(self.chart.at_work), None, 0.0)

    def _show_losses(self) -> None:
        run = self._run_drawn()
        if run is None or (id(run), len(run.points)) == self._drawn:
            return
        self._drawn = (id(run), len(run.points))
        curve = self.query_one(Curve)
        curve.display, self.query_one("#no-loss").display = True, False
        self.query_one("#loss").border_title = f"{self.words('examination.loss')} · {self._purpose(run)}"
        lost = next((step for step, loss in run.points if loss is None), None)
        marks = [] if lost is None else [(float(lost), self.words("examination.not_finite"))]
        curve.draw([Line(self.words("examination.loss"), [(float(step), loss) for step, loss in run.points])], marks)

    def _run_drawn(self) -> Run | None:
        """The run whose losses are shown: the present one, or the watched one while that has none."""
        return next((run for run in (self.chart.run, self.chart.watched) if run is not None and run.points), None)

    def _show_progress(self) -> None:
        progress = self.query_one(Progress)
        run, now = self.chart.run, self.chart.clock()
        if self.chart.summary:
            progress.show(self.chart.summary, None, "")
        elif run is None or run.how:
            progress.show(self._waiting(), None, "")
        else:
            parts = [self._iterations(run), clock(run.elapsed(now))]
            left = run.remaining(now)
            if left is not None:
                parts.append(self.words("examination.left" if run.of else "examination.at_most", time=clock(left)))
            progress.show(self._purpose(run), run.share(now), " · ".join(part for part in parts if part))

    def _waiting(self) -> str:
        ready = self.chart.ready
        if ready is not None and ready.problem:
            return "✗ " + line(ready.problem)
        if ready is None:
            return self.words("examination.warming")
        if self.chart.at_work:
            return self.words("examination.measuring", probe=line(self._title_of(self.chart.at_work)))
        if self.chart.trying:
            return self.words("examination.trying", cause=line(self._title_of(self.chart.trying)))
        return self.words("examination.preparing")

    def _purpose(self, run: Run) -> str:
        if run.purpose == WATCH:
            return self.words("examination.watching", subject=self.subject)
        if self.chart.trying:
            return self.words("examination.trying", cause=line(self._title_of(self.chart.trying)))
        key = f"purpose.{run.purpose}"
        return self.words(key) if key in self.words else line(run.purpose)

    def _iterations(self, run: Run) -> str:
        if not run.iteration:
            return ""
        key = "examination.iteration_of" if run.of else "examination.iteration"
        return self.words(key, iteration=run.iteration, of=run.of or 0)
