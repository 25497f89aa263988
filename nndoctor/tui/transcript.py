"""What the user's script printed, as lines: pieces joined, progress bars overwritten, colours and controls left out."""

from __future__ import annotations

import re
from collections import deque

from nndoctor.tui.plain import line

KEPT_LINES = 5000
LONGEST_LINE = 2000
_UNFINISHED_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*)?$")


class Transcript:
    """The last lines of the output; its length counts the line that is still open too."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._open = ""
        self._returned = False
        self._stream = ""
        self._held = ""

    def __len__(self) -> int:
        return len(self.lines) + bool(self._open)

    def __getitem__(self, index: int) -> str:
        return self.lines[index] if index < len(self.lines) else line(self._open)

    def feed(self, stream: str, text: str) -> None:
        """Adds output as it came; a piece on the other stream starts a line of its own."""
        if stream != self._stream:
            self._close()
            self._stream = stream
        text, self._held = self._held + text, ""
        if unfinished := _UNFINISHED_ESCAPE.search(text):
            text, self._held = text[: unfinished.start()], unfinished.group()
        *finished, rest = text.split("\n")
        for piece in finished:
            self._write(piece)
            self.lines.append(line(self._open))
            self._open, self._returned = "", False
        self._write(rest)

    def _write(self, piece: str) -> None:
        """Writes on the open line; after a carriage return the next text replaces what stands there."""
        for number, part in enumerate(piece.split("\r")):
            self._returned |= number > 0
            if part:
                self._open = (part if self._returned else self._open + part)[:LONGEST_LINE]
                self._returned = False

    def _close(self) -> None:
        if self._open:
            self.lines.append(line(self._open))
        self._open, self._returned = "", False
