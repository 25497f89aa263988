"""Text that others wrote (names, output, source, messages) as a terminal may show it: visible characters only."""

from __future__ import annotations

import re
import unicodedata

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_BREAKS = re.compile("\r\n|[\n\x0b\x0c\x85\u2028\u2029]")
_TAB = "    "
# Combining marks and the two joiners have no width of their own but are part of writing; all other marks of
# category Cf (bidi overrides, variation of width, invisible operators) can reorder or hide what stands beside them.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_VARIATIONS = range(0xFE00, 0xFE10)
"""Variation selectors are marks (Mn), yet make an emoji of two cells out of a letter that was measured as one."""


def line(text: str) -> str:
    """The text on one line: breaks and tabs become spaces, control and direction marks are left out."""
    return _visible(_BREAKS.sub(" ", _ESCAPES.sub("", text)).replace("\t", " "))


def lines(text: str) -> list[str]:
    """The text as lines, indentation kept, each free of control and direction marks."""
    return [_visible(row.expandtabs(len(_TAB))) for row in _BREAKS.split(_ESCAPES.sub("", text))]


def block(text: str) -> str:
    """The text with its line breaks and nothing else that is invisible."""
    return "\n".join(lines(text)).rstrip()


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cs", "Co", "Cn"):
        return "\N{REPLACEMENT CHARACTER}"
    return "" if kind in _HIDDEN or ord(character) in _VARIATIONS else character
