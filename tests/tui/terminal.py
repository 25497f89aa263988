"""A real terminal (a pty) with a program on it, for tests that press keys and read the screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
DEADLINE = 120.0
ENTER_ALTERNATE, LEAVE_ALTERNATE, SHOW_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"


class Terminal:
    """A terminal with a program on it; `seen` is all that the program ever wrote."""

    def __init__(self, command: list[str], directory: Path) -> None:
        self.screen, self.line = pty.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(self.line)
        self.seen = ""
        wanted = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TERM": "xterm-256color"}
        wanted["XDG_STATE_HOME"] = str(directory / "state")
        for fixed in ("COLUMNS", "LINES"):  # they would outweigh the size of the terminal
            wanted.pop(fixed, None)
        self.process = subprocess.Popen(
            command,
            stdin=self.line,
            stdout=self.line,
            stderr=self.line,
            cwd=directory,
            env=wanted,
            start_new_session=True,
        )

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.line, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def read(self, seconds: float) -> bool:
        """Takes what comes within that time; whether anything came."""
        if not select.select([self.screen], [], [], seconds)[0]:
            return False
        self.seen += os.read(self.screen, 65_536).decode(errors="replace")
        return True

    def wait_for(self, text: str) -> str:
        """Reads on until the text has come; gives everything since it was asked for."""
        begin, deadline = len(self.seen), time.monotonic() + DEADLINE
        while text not in plain(self.seen[begin:]):
            assert time.monotonic() < deadline, f"never: {text!r}\n{plain(self.seen)[-3000:]}"
            assert self.read(0.5) or self.process.poll() is None, f"ended without {text!r}\n{plain(self.seen)[-3000:]}"
        return self.seen[begin:]

    def wait(self) -> int:
        """Waits for the end of the program, reading what it still writes."""
        deadline = time.monotonic() + DEADLINE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "the app does not end"
            self.read(0.1)
        while self.read(0.1):
            pass
        return self.process.returncode

    def assert_restored(self) -> None:
        assert LEAVE_ALTERNATE in self.seen
        assert SHOW_CURSOR in self.seen[self.seen.rindex(LEAVE_ALTERNATE) - 200 :]
        assert termios.tcgetattr(self.line) == self.before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.screen)
        os.close(self.line)


def plain(written: str) -> str:
    """The text without the sequences that move and colour it."""
    return re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|.)", "", written)


def assert_gone(*pids: int) -> None:
    deadline = time.monotonic() + 30
    while living := [pid for pid in pids if _lives(pid)]:
        assert time.monotonic() < deadline, f"left behind: {[psutil.Process(pid).cmdline() for pid in living]}"
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
