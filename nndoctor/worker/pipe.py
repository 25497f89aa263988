"""The worker's end of the wire: orders in, news out."""

from __future__ import annotations

import os
import select
import socket
from collections import deque

from nndoctor.wire import News, Order, Stop, line_of, message_of


class Dismissed(BaseException):
    """The worker is to go at once. Not SystemExit, which a probe may raise."""


class Pipe:
    """One end of a socket pair. End of file, or a broken pipe, reads as the order Stop."""

    def __init__(self, descriptor: int) -> None:
        """Takes the descriptor over."""
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)
        self._process = os.getpid()
        self._rest = b""
        self._orders: deque[Order] = deque()

    def fileno(self) -> int:
        """The descriptor, for a select."""
        return self._socket.fileno()

    def close(self) -> None:
        """Closes this end; a forked child does so at once."""
        self._socket.close()

    def send(self, news: News) -> None:
        """Sends one message; silent in a forked child, and when nobody listens any more."""
        if os.getpid() != self._process:
            return
        try:
            self._socket.sendall(line_of(news))
        except OSError:
            self._orders.append(Stop())

    def take(self, seconds: float | None) -> Order | None:
        """The next order; None if none came within so many seconds (None waits for ever)."""
        if not self._orders and select.select([self._socket], [], [], seconds)[0]:
            self._read()
        return self._orders.popleft() if self._orders else None

    def _read(self) -> None:
        try:
            came = self._socket.recv(1 << 20)
        except OSError:
            came = b""
        if not came:
            self._orders.append(Stop())
            return
        *lines, self._rest = (self._rest + came).split(b"\n")
        for line in lines:
            message = message_of(line)
            if isinstance(message, Order):
                self._orders.append(message)
