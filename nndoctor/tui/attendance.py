"""Who attends to the patient: keeps the visit, the lab and the saved case while the screens come and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol

from nndoctor.case import UNSURE, Case, Evidence, Patient
from nndoctor.tui.chart import Chart
from nndoctor.wire import News, WorkerReady

if TYPE_CHECKING:  # these bring pydantic and yaml, and come after the first frame
    from nndoctor.engine.step import Step
    from nndoctor.rulebook.pack import Rulebook
    from nndoctor.visit import Visit


class Laboratory(Protocol):
    """What the app wants of the lab."""

    async def warm(self) -> WorkerReady:
        """Starts the worker."""
        ...

    async def run(self, probe: str, path: Path, seconds: float, /) -> Evidence:
        """Runs one probe."""
        ...

    def cancel(self) -> None:
        """Ends the current run."""
        ...

    async def close(self) -> None:
        """Ends all that was started."""
        ...


MakeLab = Callable[[Patient, Path, Callable[[News], None]], Laboratory]


class Attendance:
    """One patient from arrival to diagnosis. The visit begins when both the patient and the rulebook are there."""

    def __init__(self, case: Case, path: Path, lab: Laboratory, scratch: Path) -> None:
        """`path` is where the case is saved after each change, `scratch` the folder that is gone in the end."""
        self.path = path
        self.chart = Chart()
        self.visit: Visit | None = None
        self.stopped = False
        """The user wants the diagnosis now: no further probe is begun."""
        self._case = case
        self._lab = lab
        self._scratch = scratch
        for evidence in case.evidence.values():
            self.chart.keep(evidence)

    @classmethod
    def admit(cls, case: Case, path: Path, make_lab: MakeLab, listen: Callable[[News], None]) -> Attendance:
        """Takes a patient in; nothing is started yet."""
        scratch = Path(mkdtemp(prefix="nndoctor-"))
        return cls(case, path, make_lab(case.patient, scratch, listen), scratch)

    @property
    def case(self) -> Case:
        """All that is known so far."""
        return self._case if self.visit is None else self.visit.case

    def begin(self, rulebook: Rulebook) -> Visit:
        """Begins the visit, once."""
        from nndoctor.visit import Visit  # noqa: PLC0415  # engine and rulebook cost more than the first frame may

        if self.visit is None:
            self.visit = Visit(self._case, rulebook, self._lab)
        return self.visit

    async def warm(self) -> None:
        """Has the worker import torch while the user still answers questions."""
        self.chart.ready = await self._lab.warm()

    async def examine(self, told: Callable[[], None]) -> Step:
        """Runs probe after probe until something else is to be done; `told` hears of each before and after."""
        from nndoctor.engine.plan import Run  # noqa: PLC0415

        visit = self.visit
        assert visit is not None  # noqa: S101  # the examination comes after the complaint
        self.stopped = False
        step = visit.step()
        while isinstance(step, Run) and not self.stopped:
            self.chart.at_work = step.probe_id
            told()
            self.chart.keep(await visit.perform(step))
            self.save()
            told()
            step = visit.step()
        return step

    def cancel(self) -> None:
        """Ends the current run; the visit goes on with what was seen."""
        self._lab.cancel()

    def stop(self) -> None:
        """Ends the current run, and lets no further probe begin."""
        self.stopped = True
        self._lab.cancel()

    def questions_ahead(self) -> int:
        """About how many questions are still to be asked, were each answered with "I don't know"."""
        from nndoctor.engine.interview import Ask  # noqa: PLC0415
        from nndoctor.engine.step import next_step  # noqa: PLC0415

        if self.visit is None:
            return 0
        case, count = self.visit.case, 0
        while isinstance(step := next_step(case, self.visit.rulebook), Ask):
            case, count = case.with_answer(step.question.id, UNSURE), count + 1
        return count

    def save(self) -> None:
        """Saves the case; a full disk must not end the visit."""
        if self.visit is not None:
            try:
                self.visit.save(self.path)
            except OSError:
                return

    async def close(self) -> None:
        """Ends the lab, and leaves nothing behind but the saved case."""
        from shutil import rmtree  # noqa: PLC0415

        try:
            await self._lab.close()
        finally:
            rmtree(self._scratch, ignore_errors=True)


def complaint(case: Case) -> Case:
    """The case of the same patient with nothing but its complaint: to begin anew."""
    return replace(Case(case.patient), symptoms=case.symptoms)
