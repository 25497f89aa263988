"""The bottom line: the keys that matter here, six at most, as many as fit."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

MOST_KEYS = 6
_ALWAYS = ("back", "help", "quit")
"""Ids of the keys that stand at the end and are never the ones that are left out."""


class KeyLine(Widget):
    """One line instead of Textual's Footer, which builds a widget a key and is drawn a frame late."""

    ALLOW_SELECT = False

    def __init__(self, foremost: tuple[str, ...] = ()) -> None:
        """`foremost` are the ids of the keys that come first, in this order."""
        super().__init__(id="key-line")
        self._foremost = foremost

    def on_mount(self) -> None:
        """Follows the focus: each widget brings its own keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """The keys of the focused widget, of the screen, and of the app, in this order."""
        parts = Content("")
        for binding in shown(self.screen.active_bindings.values(), self._foremost, self.size.width - 1):
            parts = parts + Content.assemble((f" {_name(binding)}", "bold $accent"), f" {binding.description} ")
        return parts


def shown(bindings: Iterable[ActiveBinding], foremost: tuple[str, ...], width: int) -> list[Binding]:
    """The bindings that the line shows on that width."""
    active = [binding for _, binding, enabled, _ in bindings if binding.show and enabled and binding.id]
    active.sort(key=lambda binding: foremost.index(binding.id) if binding.id in foremost else len(foremost))
    once = {binding.id: binding for binding in reversed(active)}
    last = [once[name] for name in _ALWAYS if name in once]
    first = [binding for binding in active if binding.id not in _ALWAYS and once.get(binding.id) is binding]
    room = width - sum(_width(binding) for binding in last)
    kept: list[Binding] = []
    for binding in first[: MOST_KEYS - len(last)]:
        room -= _width(binding)
        if room < 0:
            break
        kept.append(binding)
    return kept + last


def _name(binding: Binding) -> str:
    return binding.key_display or binding.key


def _width(binding: Binding) -> int:
    return Content(f" {_name(binding)} {binding.description} ").cell_length
