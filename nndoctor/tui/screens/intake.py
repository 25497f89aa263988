"""Intake: which training is to be examined."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from nndoctor.tui.keys import Spoken
from nndoctor.tui.messages import CaseReopened, PatientChosen
from nndoctor.tui.plain import line
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.choices import Choice, Choices
from nndoctor.tui.words import Words

if TYPE_CHECKING:
    from nndoctor.tui.arrivals import SavedCase, Script


class TargetLine(Input, Spoken):
    """Script and arguments as the user would type them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "key.examine", id="examine", key_display="enter"),
        Binding("escape,down", "screen.to_list", "key.to_list", id="to-list", key_display="esc"),
    ]

    def __init__(self, words: Words) -> None:
        super().__init__(placeholder=words("intake.placeholder"), compact=True, id="target", select_on_focus=False)
        self.speak(words)


class IntakeScreen(Room):
    """A line to type on, and a list of what is at hand: scripts, saved cases, demo patients."""

    CSS_PATH = "intake.tcss"
    PLACE: ClassVar[str] = "intake"
    FOREMOST: ClassVar[tuple[str, ...]] = ("choose", "arguments", "type")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "arguments", "key.arguments", id="arguments"),
        Binding("i", "type", "key.type", id="type"),
        Binding("tab", "type", "key.type", id="type-tab", show=False),
    ]

    def __init__(self, words: Words, directory: Path, cases: Callable[[], Path]) -> None:
        """`cases` tells the folder of saved cases, when it is wanted."""
        super().__init__(words)
        self.directory = directory
        self.cases = cases

    def furnish(self) -> Iterator[Widget]:
        """Question, line, complaint about the line, list."""
        yield Static(self.words("intake.question"), classes="question", markup=False)
        yield Static(f"i › {self.words('intake.placeholder')}", id="target-hint", markup=False)
        yield Static("", id="complaint", markup=False)
        yield Choices(self.words, "at-hand", "key.examine")
        yield Static(self.words("intake.about"), id="about", markup=False)

    def on_mount(self) -> None:
        """The directory is read after the first frame, off the loop: it may lie on a slow disk."""
        self.query_one(Choices).rows.focus()
        self.set_timer(0.03, self.look)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing lies before this place, so no key promises a way back."""
        del parameters
        return action != "step_back"

    def look(self) -> None:
        """Reads directory and saved cases (anew)."""
        self.run_worker(self._fill(), exclusive=True)

    async def _fill(self) -> None:
        from nndoctor.tui.arrivals import demos, saved_cases, scripts  # noqa: PLC0415  # 30 ms, after the first frame

        found = await asyncio.to_thread(scripts, self.directory)
        cases = await asyncio.to_thread(lambda: saved_cases(self.cases()))
        rows = [*self._scripts(found), *self._cases(cases), *self._demos(demos())]
        if not self.is_attached:
            return  # the user has left meanwhile
        self.query_one(Choices).fill(rows)
        if not found and not cases and self.app.screen is self:
            await self.action_type()

    def _scripts(self, found: Sequence[Script]) -> Iterator[Choice]:
        yield _heading("scripts", Content(self.words("intake.scripts", directory=line(str(self.directory)))))
        if not found:
            yield _heading("no-scripts", Content.styled("  " + self.words("intake.no_scripts"), QUIET))
        for script in found:
            remark = self.words("intake.trains") if script.trains else ""
            yield Choice(f"script:{script.path}", _row(script.path.name, remark))

    def _cases(self, cases: Sequence[SavedCase]) -> Iterator[Choice]:
        if cases:
            yield _heading("before-cases", Content(""))
            yield _heading("cases", Content(self.words("intake.cases")))
        for case in cases:
            remark = f"{case.modified:%Y-%m-%d %H:%M}  " + self.words("intake.probes_done", count=case.probes)
            yield Choice(f"case:{case.path}", _row(Path(case.target).name, remark))

    def _demos(self, found: Sequence[Path]) -> Iterator[Choice]:
        if found:
            yield _heading("before-demos", Content(""))
            yield _heading("demos", Content(self.words("intake.demos")))
        for path in found:
            yield Choice(f"demo:{path}", _row(path.stem, self.words("intake.demo")))

    async def action_arguments(self) -> None:
        """Puts the script under the highlight on the line, for arguments to be added."""
        kind, _, path = self.query_one(Choices).pointed.partition(":")
        target = await self._target_line()
        if kind == "script":
            target.value = _quoted(path, self.directory) + " "
        target.focus()
        target.cursor_position = len(target.value)

    async def action_type(self) -> None:
        """To the line."""
        (await self._target_line()).focus()

    async def _target_line(self) -> TargetLine:
        """The line, which takes the place of its hint when it is first wanted."""
        if not self.query(TargetLine):
            hint = self.query_one("#target-hint")
            await self.mount(TargetLine(self.words), after=hint)
            hint.display = False
        return self.query_one(TargetLine)

    def action_to_list(self) -> None:
        """From the line to the list."""
        self.query_one(Choices).rows.focus()

    @on(Choices.Chosen)
    def _chosen(self, chosen: Choices.Chosen) -> None:
        kind, _, path = chosen.choice.partition(":")
        if kind == "case":
            self.post_message(CaseReopened(Path(path)))
        elif kind == "demo":
            from nndoctor.tui.arrivals import demo_patient  # noqa: PLC0415

            self.post_message(PatientChosen(demo_patient(Path(path))))
        else:
            self._examine(_quoted(path, self.directory))

    @on(Input.Submitted, "#target")
    def _typed(self, submitted: Input.Submitted) -> None:
        self._examine(submitted.value)

    def complain(self, why: str) -> None:
        """Says what is wrong with the target or the case."""
        self.query_one("#complaint", Static).update(Content(f"✗ {why}" if why else ""))

    def _examine(self, text: str) -> None:
        from nndoctor.tui.arrivals import NoTarget, patient_of  # noqa: PLC0415

        try:
            patient = patient_of(text, self.directory)
        except NoTarget as wrong:
            self.complain(self.words(wrong.key, what=line(wrong.what)))
            return
        self.complain("")
        self.post_message(PatientChosen(patient))


def _heading(name: str, shown: Content) -> Choice:
    return Choice(f"heading:{name}", shown, heading=True)


def _row(name: str, remark: str) -> Content:
    return Content.assemble("  ", line(name).ljust(28), ("  " + remark, QUIET))


def _quoted(path: str, directory: Path) -> str:
    """The path as one would type it in that directory."""
    given = Path(path)
    return shlex.quote(str(given.relative_to(directory) if given.is_relative_to(directory) else given))
