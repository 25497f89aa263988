"""What the user's script prints, on its way to the screen: never in the way of the run, however much it is."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable
from pathlib import Path

from nndoctor.wire import News, Printed

RATE = 200_000
"""Bytes a second that are forwarded; what comes faster is left out, and said to be."""

KEPT = 256_000
"""Bytes of the end of the output that the log keeps."""


class Output:
    """Forwards both streams, bounded, and keeps their tail."""

    def __init__(self, send: Callable[[News], None]) -> None:
        """`send` takes the news."""
        self._send = send
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")(errors="replace") for stream in ("stdout", "stderr")
        }
        self._tail = bytearray()
        self._allowed = float(RATE)
        self._filled = time.monotonic()
        self._left_out = 0

    def take(self, stream: str, chunk: bytes) -> None:
        """One piece of output, as it was read."""
        self._tail += chunk
        if len(self._tail) > 2 * KEPT:
            del self._tail[:-KEPT]
        now = time.monotonic()
        self._allowed = min(RATE, self._allowed + (now - self._filled) * RATE)
        self._filled = now
        if len(chunk) > self._allowed:
            self._left_out += len(chunk)
            return
        self._allowed -= len(chunk)
        self._say_what_was_left_out(stream)
        if text := self._decoders[stream].decode(chunk):
            self._send(Printed(stream, text))

    def close(self, log: Path) -> str:
        """The run is over: writes the tail of all that was printed, and gives it."""
        self._say_what_was_left_out("stdout")
        tail = bytes(self._tail[-KEPT:])
        log.write_bytes(tail)
        return tail.decode(errors="replace")

    def _say_what_was_left_out(self, stream: str) -> None:
        if self._left_out:
            self._send(Printed(stream, f"\n[... {self._left_out:,} bytes not shown ...]\n"))
            self._decoders[stream].reset()
            self._left_out = 0
