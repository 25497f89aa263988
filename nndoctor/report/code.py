"""What others wrote (source lines, paths, messages) made fit to print: visible characters only, of bounded size."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import PurePath
from typing import Literal

LONGEST_LINE = 200
"""Characters of a source line that are shown; minified code has lines of megabytes."""

MOST_LINES = 60
"""Lines of a code sample that are shown."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_BREAKS = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
# Of the format characters (Cf) only the two joiners belong to writing; bidi overrides can make code read as other
# code (CVE-2021-42574). Unpaired surrogates (Cs) come from undecodable file names and can't be encoded again.
_JOINERS = frozenset("\u200c\u200d")
_DROPPED = frozenset({"Cc", "Cf"})
_REPLACED = frozenset({"Cs", "Co", "Cn"})

# Chinese is written without spaces; where a file breaks its line, YAML makes one
_UNSPACED = re.compile(
    r"(?<=[，。；：、！？）」』]) | (?=[，。；：、！？（「『])|(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])"
)

Change = Literal["same", "removed", "added"]


def line(text: str) -> str:
    """The text on one line, clipped, without control and direction marks."""
    shown = _visible(_BREAKS.sub(" ", _ESCAPES.sub("", text)).replace("\t", " ")).strip()
    return shown if len(shown) <= LONGEST_LINE else shown[: LONGEST_LINE - 1] + "…"


def block(text: str) -> str:
    """The text with its lines and their indentation, without control and direction marks, clipped both ways."""
    rows = [_visible(row.expandtabs(4)).rstrip() for row in _BREAKS.split(_ESCAPES.sub("", text).strip("\r\n"))]
    kept = [row if len(row) <= LONGEST_LINE else row[: LONGEST_LINE - 1] + "…" for row in rows[:MOST_LINES]]
    return "\n".join([*kept, "…"] if len(rows) > MOST_LINES else kept).rstrip()


def paragraphs(text: str) -> str:
    """What packs say, whole, one line a paragraph: how the file wraps them says nothing."""
    parts = re.split(r"\n\s*\n", "\n".join(_BREAKS.split(_ESCAPES.sub("", text))))
    shown = (_UNSPACED.sub("", _visible(" ".join(part.split()))) for part in parts)
    return "\n".join(part for part in shown if part)


def prose(text: str) -> str:
    """The same with an empty line between paragraphs."""
    return "\n\n".join(paragraphs(text).split("\n"))


def changes(before: str, after: str) -> tuple[tuple[Change, str], ...]:
    """The lines of a fix: those that stay, those that go, those that come."""
    old, new = before.splitlines(), after.splitlines()
    told: list[tuple[Change, str]] = []
    for kind, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            told += [("same", row) for row in old[begin:end]]
        else:
            told += [("removed", row) for row in old[begin:end]]
            told += [("added", row) for row in new[new_begin:new_end]]
    return tuple(told)


def near(file: str, directory: str) -> str:
    """The path as seen from that (absolute) directory, if it lies inside; else as it is."""
    path, folder = PurePath(file), PurePath(directory)
    inside = folder.is_absolute() and path.is_relative_to(folder)
    return line(str(path.relative_to(folder) if inside else path))


def first_that_fits(parts: Sequence[str], limit: int) -> str:
    """Comma-separated names, the last ones counted instead of told where all would be too long."""
    told = ""
    for index, part in enumerate(parts):
        longer = f"{told}, {part}" if told else part
        if len(longer) > limit and told:
            return f"{told}, … (+{len(parts) - index})"
        told = longer
    return told


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in _REPLACED:
        return "\N{REPLACEMENT CHARACTER}"
    return "" if kind in _DROPPED and character not in _JOINERS else character
