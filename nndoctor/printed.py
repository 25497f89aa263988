"""The numbers that a script printed, line by line: those of lines that differ in nothing but their numbers.

Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_BREAK = re.compile(r"[\r\n]+")

FEWEST, MOST = 3, 400
"""Lines of one kind: fewer tell no course, more are of a progress bar or of every step."""
MOST_NUMBERS = 16
MOST_KINDS = 40
LONGEST = 300
"""Characters of a line that is still read."""


@dataclass(frozen=True, slots=True)
class LinesPrinted:
    """All lines of one kind in their order, each as its numbers, as they were written."""

    numbers: tuple[tuple[str, ...], ...]


def lines_printed(output: str) -> Iterator[LinesPrinted]:
    """The kinds of lines in that output that repeat."""
    kinds: dict[str, list[tuple[str, ...]]] = {}
    for line in _BREAK.split(output):
        numbers = tuple(_NUMBER.findall(line)) if len(line) <= LONGEST else ()
        if 0 < len(numbers) <= MOST_NUMBERS:
            kinds.setdefault("".join(_NUMBER.sub("#", line).split()), []).append(numbers)
    repeated = [rows for rows in kinds.values() if FEWEST <= len(rows) <= MOST]
    return (LinesPrinted(tuple(rows)) for rows in repeated[:MOST_KINDS])
