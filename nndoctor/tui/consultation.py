"""The consultation on screen: turns what the user wants into steps of the visit, and steps of the visit into screens.

It brings the rulebook, the engine and the plots along, so the app imports it after its first frame.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from textual.app import App
from textual.worker import Worker

from nndoctor.case import Case, Patient
from nndoctor.engine.interview import Ask
from nndoctor.engine.plan import Run
from nndoctor.engine.step import Conclude
from nndoctor.engine.treatment import Treat
from nndoctor.report.document import Document, document
from nndoctor.rulebook.pack import Rulebook
from nndoctor.tui.arrivals import case_path
from nndoctor.tui.attendance import Attendance, MakeLab
from nndoctor.tui.enquiry import enquiry
from nndoctor.tui.messages import NewsArrived, ReportFormat
from nndoctor.tui.reports import write
from nndoctor.tui.screens.diagnosis import DiagnosisScreen
from nndoctor.tui.screens.examination import ExaminationScreen
from nndoctor.tui.screens.export import ExportScreen
from nndoctor.tui.screens.interview import InterviewScreen
from nndoctor.tui.screens.rule import RuleScreen
from nndoctor.tui.screens.symptoms import Complaint, SymptomsScreen
from nndoctor.tui.widgets.progress import clock
from nndoctor.tui.words import Words
from nndoctor.visit import load
from nndoctor.wire import News


class Consultation:
    """Knows the app only as a stack of screens."""

    def __init__(self, app: App[None], words: Words, rulebook: Rulebook, make_lab: MakeLab, cases: Path) -> None:
        self.attendance: Attendance | None = None
        self._app = app
        self._words = words
        self._rulebook = rulebook
        self._make_lab = make_lab
        self._cases = cases
        self._examining: Worker[None] | None = None

    @property
    def examining(self) -> bool:
        """Whether probes are being run."""
        return self._examining is not None and self._examining.is_running

    async def receive(self, patient: Patient) -> None:
        """A patient comes in: hears the complaint."""
        await self.admit(Case(patient))
        self.offer()

    async def admit(self, case: Case, path: Path | None = None) -> None:
        """Takes a patient in, unless it is the one who is here; the worker warms up meanwhile."""
        here = self.attendance
        if here is not None and path is None and here.visit.case.patient == case.patient:
            return
        await self.close()
        path = path or case_path(self._cases, case.patient, datetime.now(UTC).astimezone())
        self.attendance = Attendance(case, self._rulebook, path, self._make_lab, self._tell)
        self._app.run_worker(self.attendance.warm(), group="warming", exit_on_error=False)

    async def reopen(self, path: Path) -> None:
        """Takes a saved case up where it was left. Raises ValueError or OSError where it can't be read."""
        case = await asyncio.to_thread(load, path)
        await self.admit(case, path)
        self.offer()
        if case.evidence:
            self.show_diagnosis()

    def offer(self) -> None:
        """The complaints: on the screen that is there already, or on a new one."""
        visit = self._here.visit
        language = self._words.language
        symptoms = [
            Complaint(one.id, one.title.in_language(language), one.words.in_language(language), one.curve)
            for one in self._rulebook.symptoms.values()
        ]
        screen = self._app.screen
        if isinstance(screen, SymptomsScreen):
            screen.offer(symptoms)
            return
        room = SymptomsScreen(self._words, self.subject, visit.case.symptoms)
        self._app.push_screen(room)
        room.offer(symptoms)

    def complain(self, symptoms: tuple[str, ...]) -> None:
        """Takes the complaint down, and goes on."""
        self._here.visit.complain(*symptoms)
        self._here.save()
        self.go_on()

    def answer(self, question: str, option: str) -> None:
        """Takes an answer down, and goes on."""
        self._here.visit.answer(question, option)
        self._here.save()
        self.go_on()

    def take_back(self) -> None:
        """Puts the last question again."""
        if self._here.visit.take_back() is not None and isinstance(self._app.screen, InterviewScreen):
            self._app.screen.put(enquiry(self._here.visit, self._words))

    def go_on(self) -> None:
        """The next step of the visit, on its screen."""
        step = self._here.visit.step()
        match step:
            case Ask():
                self._ask()
            case Run() | Treat():
                self._examine()
            case Conclude():
                self._rest()
                self.show_diagnosis()
            case _:
                assert_never(step)

    def hear(self, news: News) -> None:
        """News of the lab: onto the chart, and to the screen that draws it."""
        if self.attendance is not None:
            self.attendance.chart.hear(news)
            self._follow()

    def cancel(self) -> None:
        """Ends the current run."""
        self._here.cancel()
        self._app.notify(self._words("examination.ending"))

    def wants_diagnosis(self) -> None:
        """Now: at once if nothing is being run, else as soon as the present probe has ended."""
        if self.examining:
            self._here.stop()
            self._app.notify(self._words("examination.ending"))
        else:
            self.show_diagnosis()

    def show_diagnosis(self) -> None:
        """The diagnosis as of now."""
        self._app.push_screen(DiagnosisScreen(self._words, self.subject, self._document()))

    def show_export(self) -> None:
        """The report screen."""
        self._app.push_screen(ExportScreen(self._words, self.subject, Path.cwd()))

    def show_rule(self, rule: str) -> None:
        """The page of that rule."""
        self._app.push_screen(RuleScreen(self._words, self._rulebook, rule))

    async def write_report(self, form: ReportFormat, path: Path) -> None:
        """Writes the report, off the loop: the HTML one draws with matplotlib."""
        made = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
        screen = self._app.screen
        try:
            await asyncio.to_thread(write, form, self._document(made), path)
        except OSError as wrong:
            refused = wrong.strerror or str(wrong)
        else:
            refused = ""
        if isinstance(screen, ExportScreen) and screen.is_attached:
            screen.tell(path, refused)

    async def close(self) -> None:
        """Ends the examination and the lab; the case is saved."""
        if self._examining is not None:
            self._examining.cancel()
            self._examining = None
        if self.attendance is not None:
            attendance, self.attendance = self.attendance, None
            await attendance.close()

    @property
    def subject(self) -> str:
        """Whose training it is, for the top line."""
        patient = self._here.visit.case.patient
        return Path(patient.target).name if patient.kind == "script" else patient.target

    @property
    def _here(self) -> Attendance:
        if self.attendance is None:
            raise RuntimeError("nobody has been admitted")
        return self.attendance

    def _document(self, made: str = "") -> Document:
        visit = self._here.visit
        return document(visit.case, visit.diagnosis(), self._rulebook, self._words.language, made)

    def _tell(self, news: News) -> None:
        self._app.post_message(NewsArrived(news))

    def _ask(self) -> None:
        asked = enquiry(self._here.visit, self._words)
        screen = self._app.screen
        if isinstance(screen, InterviewScreen):
            screen.put(asked)
        else:
            self._app.push_screen(InterviewScreen(self._words, self.subject, asked))

    def _rest(self) -> None:
        """Leaves the interview so that a step back finds it with all that was said."""
        if isinstance(self._app.screen, InterviewScreen):
            self._app.screen.put(enquiry(self._here.visit, self._words))

    def _examine(self) -> None:
        self._rest()
        screen = self._app.screen
        if isinstance(screen, ExaminationScreen):
            screen.resume()
        else:
            self._app.push_screen(ExaminationScreen(self._words, self.subject, self._here.chart, self._title_of))
        if not self.examining:
            self._examining = self._app.run_worker(self._run_probes(), group="examination")

    async def _run_probes(self) -> None:
        attendance = self._here
        step = await attendance.examine(self._follow)
        self._examining = None
        # what was measured left something open, or the complaint was changed meanwhile and brings its own questions
        if isinstance(step, Ask) and not attendance.stopped:
            if isinstance(self._app.screen, ExaminationScreen):
                self._app.pop_screen()
                self._ask()
            return
        self._finish(attendance, "examination.done" if isinstance(step, Conclude) else "examination.stopped")

    def _finish(self, attendance: Attendance, key: str) -> None:
        seconds = sum(evidence.seconds for evidence in attendance.visit.case.evidence.values())
        count = len(attendance.visit.diagnosis().findings)
        attendance.chart.stopped = key == "examination.stopped"
        attendance.chart.summary = self._words(key, time=clock(seconds), count=count)
        self._follow()
        if isinstance(self._app.screen, ExaminationScreen):
            self.show_diagnosis()
        else:
            self._app.notify(self._words("examination.over"))

    def _follow(self) -> None:
        for screen in self._app.screen_stack:
            if isinstance(screen, ExaminationScreen):
                screen.follow()

    def _title_of(self, id_: str) -> str:
        known = self._rulebook.probes.get(id_) or self._rulebook.rules.get(id_)
        return id_ if known is None else known.title.in_language(self._words.language)
