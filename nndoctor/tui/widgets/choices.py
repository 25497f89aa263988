"""A list to choose from: moved through by letters or arrows, filtered with `/`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from nndoctor.tui.keys import Spoken
from nndoctor.tui.words import Words


@dataclass(frozen=True, slots=True)
class Choice:
    """One row: its id, how it looks, and whether it is a heading, which can't be chosen."""

    id: str
    shown: Content
    heading: bool = False


class Rows(OptionList, Spoken):
    """The rows themselves, with the letters that people at terminals expect."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "key.choose", id="choose", key_display="enter"),
        Binding("j,down", "cursor_down", "key.down", id="down", show=False),
        Binding("k,up", "cursor_up", "key.up", id="up", show=False),
        Binding("g,home", "first", "key.first", id="first", show=False),
        Binding("G,end", "last", "key.last", id="last", show=False),
    ]

    def __init__(self, words: Words, enter: str) -> None:
        super().__init__(markup=False, compact=True)
        self.speak(words, {"choose": enter})

    def render_line(self, y: int) -> Strip:
        """In the terminal's own colours (and without any) the cursor is reverse video: no background would show it."""
        strip = super().render_line(y)
        row = self.scroll_offset.y + y
        if not self.app.native_ansi_color or row >= len(self._lines) or self._lines[row][0] != self.highlighted:
            return strip
        return strip.apply_style(Style(reverse=True) if self.has_focus else Style(underline=True))


class FilterLine(Input, Spoken):
    """What the rows must contain; gone when it is left empty or with escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "key.no_filter", id="no-filter", key_display="esc"),
        Binding("enter", "submit", "key.to_list", id="to-list", key_display="enter"),
        Binding("down", "submit", "key.to_list", id="to-list-down", show=False),
    ]

    class GivenUp(Message):
        """The user does not want to filter any more."""

    def __init__(self, words: Words) -> None:
        super().__init__(placeholder=words("list.filter"), compact=True, classes="filter-line")
        self.speak(words)

    def action_give_up(self) -> None:
        """Back to all rows."""
        self.post_message(self.GivenUp())


class Choices(Vertical, Spoken):
    """Rows under an optional filter. `Pointed` follows the highlight, `Chosen` is enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", "key.filter", id="filter", key_display="/")]

    class Pointed(Message):
        """The highlight has moved to a row."""

        def __init__(self, choices: Choices, choice: str) -> None:
            super().__init__()
            self.choices = choices
            self.choice = choice

        @property
        def control(self) -> Choices:
            """The list that says so."""
            return self.choices

    class Chosen(Pointed):
        """A row was chosen."""

    def __init__(self, words: Words, name: str, enter: str = "key.choose") -> None:
        super().__init__(id=name, classes="choices")
        self.words = words
        self._enter = enter
        self.speak(words)
        self._choices: Sequence[Choice] = ()
        self._sought = ""

    def compose(self) -> ComposeResult:
        """The rows; the filter comes with its key."""
        yield Rows(self.words, self._enter)

    @property
    def rows(self) -> Rows:
        """The list itself, to focus it."""
        return self.query_one(Rows)

    @property
    def pointed(self) -> str:
        """The id of the highlighted row, "" if there is none."""
        option = self.rows.highlighted_option
        return (option.id or "") if option is not None else ""

    def fill(self, choices: Sequence[Choice], point_at: str = "") -> None:
        """Shows these rows; the highlight stays on the row where it is, or goes to the one named."""
        stay = point_at or self.pointed
        self._choices = choices
        rows = self.rows
        kept = [choice for choice in choices if self._fits(choice)]
        with rows.prevent(OptionList.OptionHighlighted):
            rows.set_options(Option(choice.shown, choice.id, disabled=choice.heading) for choice in kept)
        index = next((number for number, choice in enumerate(kept) if choice.id == stay and not choice.heading), None)
        if index is None:
            rows.action_first()
        else:
            rows.highlighted = index

    def replace(self, choice: Choice) -> None:
        """Shows one row anew, where it stands."""
        self._choices = [choice if old.id == choice.id else old for old in self._choices]
        self.rows.replace_option_prompt(choice.id, choice.shown)

    def point_at(self, choice: str) -> None:
        """Moves the highlight to that row."""
        self.rows.highlighted = self.rows.get_option_index(choice)

    async def action_filter(self) -> None:
        """Opens the filter, or goes back into it."""
        if not self.query(FilterLine):
            await self.mount(FilterLine(self.words), before=0)
        self.query_one(FilterLine).focus()

    def _fits(self, choice: Choice) -> bool:
        if choice.heading:
            return not self._sought
        return all(word in choice.shown.plain.casefold() for word in self._sought.casefold().split())

    @on(Input.Changed)
    def _filter_changed(self, changed: Input.Changed) -> None:
        changed.stop()
        self._sought = changed.value
        self.fill(self._choices)

    @on(Input.Submitted)
    def _filter_done(self, submitted: Input.Submitted) -> None:
        submitted.stop()
        self.rows.focus()
        if not submitted.value:
            submitted.input.remove()

    @on(FilterLine.GivenUp)
    def _filter_given_up(self, given_up: FilterLine.GivenUp) -> None:
        given_up.stop()
        self._sought = ""
        self.fill(self._choices)
        self.query(FilterLine).remove()
        self.rows.focus()

    @on(OptionList.OptionHighlighted)
    def _row_pointed(self, highlighted: OptionList.OptionHighlighted) -> None:
        highlighted.stop()
        if highlighted.option_id:
            self.post_message(self.Pointed(self, highlighted.option_id))

    @on(OptionList.OptionSelected)
    def _row_chosen(self, selected: OptionList.OptionSelected) -> None:
        selected.stop()
        if selected.option_id:
            self.post_message(self.Chosen(self, selected.option_id))
