"""The Textual app: first frame, keys, help and leaving; what the screens say goes to the consultation."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import App, SuspendNotSupported, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from nndoctor.tui import messages
from nndoctor.tui.encoding import Narrowed, is_utf8
from nndoctor.tui.keys import Spoken
from nndoctor.tui.screens.intake import IntakeScreen
from nndoctor.tui.screens.room import Room
from nndoctor.tui.surroundings import Surroundings
from nndoctor.tui.themes import DARK, THEMES, WITHOUT_COLOUR
from nndoctor.tui.words import Language, Words

if TYPE_CHECKING:  # these bring pydantic, yaml and numpy: 400 ms that would stand before the first frame
    from nndoctor.case import Patient
    from nndoctor.rulebook.pack import Rulebook
    from nndoctor.tui.attendance import MakeLab
    from nndoctor.tui.consultation import Consultation

USAGE_ERROR, INTERRUPTED = 2, 130
FRAME_SECONDS = 0.03


class NndoctorApp(App[None], Spoken):
    """The face for people at a terminal; `load_rulebook` and `make_lab` are called after the first frame."""

    CSS_PATH = "nndoctor.tcss"
    TITLE = "nndoctor"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "key.help", id="help", key_display="?"),
        Binding("q,ctrl+q", "quit", "key.quit", id="quit", key_display="q"),
    ]

    def __init__(
        self,
        target: Patient | Path | None,
        load_rulebook: Callable[[], Rulebook],
        make_lab: MakeLab,
        lang: Language,
        around: Surroundings | None = None,
    ) -> None:
        plain = "NO_COLOR" in os.environ
        super().__init__(ansi_color=True if plain else None)
        self.HORIZONTAL_BREAKPOINTS = [(100, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(32, "-high")]
        self.words = Words(lang)
        self.speak(self.words)
        self.around = around or Surroundings()
        self.consultation: Consultation | None = None
        self._target = target
        self._load_rulebook = load_rulebook
        self._make_lab = make_lab
        self._settled = asyncio.Event()
        self._narrowed = None if is_utf8(self.around.encoding) else Narrowed(self.around.encoding)
        for theme in THEMES:
            self.register_theme(theme)
        wanted = self.around.theme or (WITHOUT_COLOUR if plain else DARK.name)
        self.theme = wanted if wanted in self.available_themes else DARK.name
        if not self.around.animated:
            self.animation_level = "none"
        self.stylesheet.set_variables(self.get_css_variables())
        self._styled = False

    def get_default_screen(self) -> Screen[None]:
        """The first frame is the first place of the visit, not an empty screen under it."""
        target = self._target
        first = self._intake() if target is None or isinstance(target, Path) else self._complaint(target)
        for path in first.css_path:  # Textual reads the styles of a screen only when it is pushed
            self.stylesheet.read(path)
        return first

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002  # Textual's signature
        """Leaves out the first call, in which Textual parses all styles anew for the theme they were parsed for."""
        if self._styled:
            super().refresh_css(animate)
        self._styled = True

    def get_line_filters(self) -> Sequence[LineFilter]:
        """On a terminal without UTF-8 every line is put into what it can show."""
        filters = super().get_line_filters()
        return filters if self._narrowed is None else [*filters, self._narrowed]

    def on_mount(self) -> None:
        """All that is slow comes after the first frame; the thread that writes it must not wait for ours."""
        self.set_timer(FRAME_SECONDS, lambda: self.run_worker(self._settle(), group="settling"))

    async def _settle(self) -> None:
        from_packs = await asyncio.to_thread(self._open_house)
        gc.freeze()  # all that is loaded stays: the collector need not look at it again
        gc.enable()
        if isinstance(from_packs, str):
            self.exit(return_code=USAGE_ERROR, message=from_packs)
            return
        self.consultation = from_packs
        self._settled.set()
        if isinstance(self._target, Path):
            await self._reopen(self._target)
        elif self._target is not None:
            await self._admit(self._target)

    def _open_house(self) -> Consultation | str:
        """The consulting room, or what is wrong with the packs; runs in a thread, so that the screen stays alive."""
        from nndoctor.rulebook.pack import PackError  # noqa: PLC0415  # see above
        from nndoctor.tui.consultation import Consultation  # noqa: PLC0415

        try:
            rulebook = self._load_rulebook()
        except PackError as wrong:
            return "\n".join(str(problem) for problem in wrong.problems)
        return Consultation(self, self.words, rulebook, self._make_lab, self.around.cases())

    async def _admit(self, patient: Patient) -> None:
        here = await self._room()
        await here.receive(patient)

    async def _reopen(self, path: Path) -> None:
        here = await self._room()
        try:
            await here.reopen(path)
        except (OSError, ValueError) as wrong:
            if isinstance(self.screen, IntakeScreen):
                self.screen.complain(self.words("intake.no_case", why=str(wrong)))

    async def _room(self) -> Consultation:
        await self._settled.wait()
        if self.consultation is None:
            raise RuntimeError("settled without a rulebook")
        return self.consultation

    def _then(self, act: Callable[[Consultation], None]) -> None:
        """Acts now, or once the rulebook has been read."""
        if self.consultation is not None:
            act(self.consultation)
            return

        async def acted() -> None:
            act(await self._room())

        self._start(acted())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self.run_worker(work, group="consultation")

    @on(messages.PatientChosen)
    def _patient_chosen(self, chosen: messages.PatientChosen) -> None:
        self._start(self._admit(chosen.patient))

    @on(messages.CaseReopened)
    def _case_reopened(self, reopened: messages.CaseReopened) -> None:
        self._start(self._reopen(reopened.path))

    @on(messages.SymptomsNamed)
    def _symptoms_named(self, named: messages.SymptomsNamed) -> None:
        self._then(lambda here: here.complain(named.symptoms))

    @on(messages.QuestionAnswered)
    def _question_answered(self, answered: messages.QuestionAnswered) -> None:
        self._then(lambda here: here.answer(answered.question, answered.answer))

    @on(messages.AnswerTakenBack)
    def _answer_taken_back(self) -> None:
        self._then(lambda here: here.take_back())

    @on(messages.ExaminationWanted)
    def _examination_wanted(self) -> None:
        self._then(lambda here: here.go_on())

    @on(messages.RunCancelled)
    def _run_cancelled(self) -> None:
        self._then(lambda here: here.cancel())

    @on(messages.DiagnosisWanted)
    def _diagnosis_wanted(self) -> None:
        self._then(lambda here: here.wants_diagnosis())

    @on(messages.ReportWanted)
    def _report_wanted(self) -> None:
        self._then(lambda here: here.show_export())

    @on(messages.RulePageWanted)
    def _rule_page_wanted(self, wanted: messages.RulePageWanted) -> None:
        self._then(lambda here: here.show_rule(wanted.rule))

    @on(messages.NewsArrived)
    def _news_arrived(self, arrived: messages.NewsArrived) -> None:
        if self.consultation is not None:
            self.consultation.hear(arrived.news)

    @on(messages.ReportOrdered)
    async def _report_ordered(self, ordered: messages.ReportOrdered) -> None:
        here = await self._room()
        self._start(here.write_report(ordered.form, ordered.path))

    @on(messages.StepBackWanted)
    def _step_back(self) -> None:
        if isinstance(self.screen, IntakeScreen):
            return  # nothing lies before it, even where a target on the command line put a complaint under it
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.push_screen(self._intake())

    @on(messages.CopyWanted)
    def _copy(self, wanted: messages.CopyWanted) -> None:
        self.copy_to_clipboard(wanted.text)
        self.notify(self.words("copied.sent", what=wanted.what), markup=False)

    @on(messages.EditorWanted)
    def _edit(self, wanted: messages.EditorWanted) -> None:
        from nndoctor.tui.editor import editing, editor  # noqa: PLC0415  # only those who edit need it

        program, directory = editor(), self.around.directory
        if self.consultation is not None and self.consultation.attendance is not None:
            directory = Path(self.consultation.attendance.visit.case.patient.directory)
        if not program:
            self.notify(self.words("edit.none"), severity="warning", markup=False)
            return
        place = replace(wanted.place, file=str(directory.resolve() / wanted.place.file))
        try:
            with self.suspend():
                subprocess.run(editing(place, program), check=False)
        except (OSError, ValueError, SuspendNotSupported) as wrong:
            self.notify(self.words("edit.failed", why=str(wrong)), severity="error", markup=False)
        self.refresh()

    def action_help(self) -> None:
        """Help for this place."""
        from nndoctor.tui.screens.help import HelpScreen  # noqa: PLC0415  # only those who ask need it

        if isinstance(self.screen, Room):
            bindings = [binding for _, binding, _, _ in self.screen.active_bindings.values() if binding.id]
            self.push_screen(HelpScreen(self.words, self.screen.PLACE, bindings))

    async def action_quit(self) -> None:
        """Leaves; asks if a run would be ended by it."""
        self._leave(0)

    def action_help_quit(self) -> None:
        """ctrl+c leaves as well: at a terminal nobody expects anything else."""
        self._leave(INTERRUPTED)

    def _leave(self, code: int) -> None:
        if self.consultation is None or not self.consultation.examining:
            self.exit(return_code=code)
            return
        from nndoctor.tui.screens.leaving import LeavingScreen  # noqa: PLC0415

        if isinstance(self.screen, LeavingScreen):
            self.exit(return_code=code)
        else:
            self.push_screen(LeavingScreen(self.words), lambda sure: self.exit(return_code=code) if sure else None)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of this place, and the themes."""
        seen: set[str] = set()
        for node, binding, enabled, _ in screen.active_bindings.values():
            if binding.id and enabled and binding.description and binding.id not in seen:
                seen.add(binding.id)
                act = partial(self.call_later, self.run_action, binding.action, node)
                yield SystemCommand(binding.description.capitalize(), binding.key_display or binding.key, act)
        yield SystemCommand(self.words("key.theme"), "", self.action_change_theme)

    def _complaint(self, patient: Patient) -> Room:
        from nndoctor.tui.screens.symptoms import SymptomsScreen  # noqa: PLC0415  # 4 ms, where it is not the first

        return SymptomsScreen(self.words, Path(patient.target).name)

    def _intake(self) -> IntakeScreen:
        return IntakeScreen(self.words, self.around.directory, self.around.cases)

    async def close(self) -> None:
        """Ends whatever was started."""
        if self.consultation is not None:
            await self.consultation.close()

    async def on_unmount(self) -> None:
        """No process is left behind, however the app ends."""
        await self.close()
