"""Reading a journal while it is being written: how far the run is."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

POINTS = 200
"""Points of the curve that one look may bring home; more are thinned."""


class Following:
    """Follows the iterations of one journal."""

    def __init__(self, journal: Path) -> None:
        """The file need not exist yet."""
        self._journal = journal
        self._read = 0
        self._rest = b""
        self._first: float | None = None
        self._last: float | None = None
        self.iterations = 0

    def look(self) -> tuple[tuple[int, float | None], ...]:
        """The (iteration, loss) points written since the last look."""
        lines = [line for line in self._new_lines() if line.startswith(b'{"is":"Iteration"')]
        if not lines:
            return ()
        self._last = time.monotonic()
        self._first = self._first or self._last
        step = -(-len(lines) // POINTS)
        points = []
        for line in lines[::-step][::-1]:
            with suppress(ValueError, KeyError, TypeError):  # the script may have written among our lines
                row = json.loads(line)
                points.append((int(row["index"]), row["loss"]))
        self.iterations = max([self.iterations, *(index + 1 for index, _ in points)])
        return tuple(points)

    def silent_seconds(self) -> float | None:
        """How long no iteration was seen; None if none ever was."""
        return None if self._last is None else time.monotonic() - self._last

    def iteration_seconds(self) -> float:
        """The mean time of an iteration, as far as it can be told from here."""
        if self._first is None or self._last is None or self.iterations < 2:
            return 0.0
        return (self._last - self._first) / (self.iterations - 1)

    def _new_lines(self) -> list[bytes]:
        try:
            with self._journal.open("rb") as journal:
                journal.seek(self._read)
                came = journal.read()
        except FileNotFoundError:
            return []
        self._read += len(came)
        *lines, self._rest = (self._rest + came).split(b"\n")
        return lines
