"""Who attends to the patient: keeps the visit, the lab and the saved case while the screens come and go."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Protocol

from nndoctor.case import Case, Evidence, Patient, TrialRun
from nndoctor.engine.plan import Run
from nndoctor.engine.step import Step
from nndoctor.engine.treatment import Treat
from nndoctor.rulebook.pack import Rulebook
from nndoctor.tui.chart import Chart
from nndoctor.visit import Visit
from nndoctor.wire import News, RunProbe, RunTrial, WorkerReady


class Laboratory(Protocol):
    """What the app wants of the lab."""

    async def warm(self) -> WorkerReady:
        """Starts the worker."""
        ...

    async def run(self, order: RunProbe, /) -> Evidence:
        """Runs one probe."""
        ...

    async def try_out(self, order: RunTrial, /) -> TrialRun:
        """Makes one run of a trial."""
        ...

    def cancel(self) -> None:
        """Ends the current run."""
        ...

    async def close(self) -> None:
        """Ends all that was started."""
        ...


MakeLab = Callable[[Patient, Path, Callable[[News], None]], Laboratory]


class Attendance:
    """One patient from arrival to diagnosis."""

    def __init__(
        self, case: Case, rulebook: Rulebook, path: Path, make_lab: MakeLab, listen: Callable[[News], None]
    ) -> None:
        """Takes a patient in; nothing is started yet. `path` is where the case is saved after each change."""
        self.chart = Chart()
        self.stopped = False
        """The user wants the diagnosis now: no further probe is begun."""
        self._path = path
        self._scratch = Path(mkdtemp(prefix="nndoctor-"))
        self._lab = make_lab(case.patient, self._scratch, listen)
        self.visit = Visit(case, rulebook, self._lab)
        for evidence in case.evidence.values():
            self.chart.keep(evidence)

    async def warm(self) -> None:
        """Has the worker import torch while the user still answers questions."""
        self.chart.ready = await self._lab.warm()

    async def examine(self, told: Callable[[], None]) -> Step:
        """Runs probe after probe until something else is to be done; `told` hears of each before and after."""
        self.stopped = False
        step = self.visit.step()
        while isinstance(step, Run | Treat) and not self.stopped:
            if isinstance(step, Run):
                self.chart.at_work = step.probe_id
                told()
                evidence = await self.visit.perform(step)
                if not step.under:
                    self.chart.keep(evidence)
            else:
                self.chart.trying = step.rule
                told()
                await self.visit.treat(step)
                self.chart.trying = ""
            self.save()
            told()
            step = self.visit.step()
        return step

    def cancel(self) -> None:
        """Ends the current run; the visit goes on with what was seen."""
        self._lab.cancel()

    def stop(self) -> None:
        """Ends the current run, and lets no further probe begin."""
        self.stopped = True
        self._lab.cancel()

    def save(self) -> None:
        """Saves the case; a full disk must not end the visit."""
        with suppress(OSError):
            self.visit.save(self._path)

    async def close(self) -> None:
        """Ends the lab, and leaves nothing behind but the saved case."""
        try:
            await self._lab.close()
        finally:
            rmtree(self._scratch, ignore_errors=True)
