"""Report: the diagnosis as a file to take along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from nndoctor.tui.keys import Spoken
from nndoctor.tui.messages import ReportFormat, ReportOrdered
from nndoctor.tui.plain import line
from nndoctor.tui.reports import SUFFIXES
from nndoctor.tui.screens.room import Room
from nndoctor.tui.themes import QUIET
from nndoctor.tui.widgets.choices import Choice, Choices
from nndoctor.tui.words import Words

STEM = "nndoctor-report"
FORMATS: tuple[ReportFormat, ...] = ("markdown", "html", "json")


class PathLine(Input, Spoken):
    """Where the report goes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "key.write", id="write", key_display="enter"),
        Binding("escape,up", "screen.to_list", "key.to_list", id="to-list", key_display="esc"),
    ]

    def __init__(self, words: Words, path: Path) -> None:
        super().__init__(str(path), compact=True, id="path", select_on_focus=False)
        self.speak(words)


class ExportScreen(Room):
    """Three formats and a path; an existing file is replaced only on a second enter."""

    CSS_PATH = "export.tcss"
    PLACE: ClassVar[str] = "export"
    FOREMOST: ClassVar[tuple[str, ...]] = ("choose", "write", "path")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "to_path", "key.path", id="path"),
        Binding("tab", "to_path", "key.path", id="path-tab", show=False),
        *(Binding(str(digit), f"pick({digit})", "key.pick", id=f"pick-{digit}", show=False) for digit in (1, 2, 3)),
    ]

    def __init__(self, words: Words, subject: str, directory: Path) -> None:
        super().__init__(words, subject)
        self._directory = directory
        self._asked: Path | None = None

    def furnish(self) -> Iterator[Widget]:
        """Question, formats, path, and what came of it."""
        yield Static(self.words("export.question"), classes="question", markup=False)
        yield Choices(self.words, "formats", "key.write")
        yield Static(self.words("export.path"), classes="section", markup=False)
        yield PathLine(self.words, self._directory / f"{STEM}{SUFFIXES['markdown']}")
        yield Static("", id="outcome", markup=False)

    def on_mount(self) -> None:
        """Markdown is what most people paste."""
        choices = self.query_one(Choices)
        choices.fill([self._row(number, form) for number, form in enumerate(FORMATS, start=1)])
        choices.rows.focus()

    def tell(self, path: Path, refused: str) -> None:
        """The report is there, or was refused for that reason."""
        if refused:
            self.refused(refused)
        else:
            said = self.words("export.written", path=line(str(path)))
            self._tell(Content.assemble(("✓ ", "bold $text-success"), said))

    def refused(self, why: str) -> None:
        """The report could not be written."""
        self._tell(Content.assemble(("✗ ", "bold $text-error"), self.words("export.refused", why=line(why))))

    def action_pick(self, digit: int) -> None:
        """Picks the format of that number."""
        self.query_one(Choices).point_at(FORMATS[digit - 1])

    def action_to_path(self) -> None:
        """To the path."""
        self.query_one(PathLine).focus()

    def action_to_list(self) -> None:
        """From the path to the formats."""
        self.query_one(Choices).rows.focus()

    @on(Choices.Pointed)
    def _pointed(self, pointed: Choices.Pointed) -> None:
        if isinstance(pointed, Choices.Chosen):
            self._order()
            return
        path_line = self.query_one(PathLine)
        path = Path(path_line.value)
        if path.suffix in SUFFIXES.values():  # a name of the user's own is left as it is
            path_line.value = str(path.with_suffix(SUFFIXES[self._format]))

    @on(Input.Submitted, "#path")
    def _order(self) -> None:
        typed = self.query_one(PathLine).value.strip()
        path = self._directory / Path(typed).expanduser()
        if not typed or path.is_dir():
            self.refused(self.words("export.no_name"))
        elif path.exists() and path != self._asked:
            self._asked = path
            self._tell(
                Content.assemble(("⚠ ", "bold $text-warning"), self.words("export.exists", path=line(path.name)))
            )
        else:
            self._asked = None
            self._tell(Content(self.words("export.writing")))
            self.post_message(ReportOrdered(self._format, path))

    @property
    def _format(self) -> ReportFormat:
        pointed = self.query_one(Choices).pointed
        return next((form for form in FORMATS if form == pointed), FORMATS[0])

    def _row(self, number: int, form: ReportFormat) -> Choice:
        remark = self.words(f"export.{form}")
        return Choice(
            form,
            Content.assemble((f" {number}  ", "$text-accent"), _NAMES[form].ljust(10), (remark, QUIET)),
        )

    def _tell(self, told: Content) -> None:
        self.query_one("#outcome", Static).update(told)


_NAMES: dict[ReportFormat, str] = {"markdown": "Markdown", "html": "HTML", "json": "JSON"}
