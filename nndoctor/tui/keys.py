"""Key bindings whose descriptions are keys of the catalogue, put into the user's language when a widget is built."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from textual.dom import DOMNode

from nndoctor.tui.words import Words


class Spoken(DOMNode):
    """A widget or screen that says its bindings in the user's language; call `speak` after `super().__init__`."""

    def speak(self, words: Words, renamed: Mapping[str, str] = MappingProxyType({})) -> None:
        """Translates the descriptions of this instance's bindings; `renamed` gives a binding's id another key."""
        for key, bindings in list(self._bindings.key_to_bindings.items()):
            told = [(binding, renamed.get(binding.id or "", binding.description)) for binding in bindings]
            self._bindings.key_to_bindings[key] = [
                dataclasses.replace(binding, description=words(name)) if name in words else binding
                for binding, name in told
            ]
