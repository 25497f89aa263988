"""The app on a real terminal: start, keys, resize, leaving; the terminal as it was, and no process left behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.packs import pack

ROOT = Path(__file__).parents[2]
SICK = ROOT / "tests" / "ward" / "loss" / "softmax-before-cross-entropy" / "sick.py"
DEADLINE = 120.0
APP = [sys.executable, "-m", "nndoctor", "--lang", "en", "train.py"]
ENDLESS = """\
import os, subprocess, sys, time

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("pids", os.getpid(), child.pid, "end", flush=True)
time.sleep(600)
"""
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a script that never ends."""
    (tmp_path / "train.py").write_text(ENDLESS)
    return tmp_path


@pytest.fixture
def terminal(folder: Path) -> Iterator[Terminal]:
    opened = Terminal(APP, folder)
    yield opened
    opened.close()


def test_start_keys_resize_and_leaving_on_a_real_terminal(terminal: Terminal) -> None:
    terminal.wait_for("A check-up")
    terminal.press("?")
    terminal.wait_for("Digits and space tick")
    terminal.press("\x1b")  # followed at once by a letter it would be alt
    terminal.wait_for("[ ] 1")
    terminal.press("2")
    terminal.wait_for("✓")
    terminal.resize(120, 40)
    os.kill(terminal.process.pid, signal.SIGWINCH)
    redrawn = terminal.wait_for("train.py")  # the top line has room for it now
    redrawn += terminal.wait_for("quit")
    rows = [int(row) for row in re.findall(r"\x1b\[(\d+);\d+H", redrawn)]
    assert max(rows) > 30
    terminal.press("q")
    assert terminal.wait() == 0
    terminal.assert_restored()


def test_drawn_with_ascii_only_and_without_the_mouse(folder: Path) -> None:
    opened = Terminal([*APP[:-1], "--ascii", "--no-mouse", "--theme", "nndoctor-light", "train.py"], folder)
    try:
        opened.wait_for("A check-up")
        opened.press("1")
        opened.wait_for("[v]")
        assert "\x1b[?1000h" not in opened.seen
        opened.press("q")
        assert opened.wait() == 0
        assert plain(opened.seen).isascii()
    finally:
        opened.close()


def test_a_theme_that_does_not_exist_is_told_with_those_that_do(folder: Path) -> None:
    refused = Terminal([*APP[:-1], "--theme", "nndoctor-green", "train.py"], folder)
    try:
        assert refused.wait() == 2
        assert "nndoctor-dark, nndoctor-light" in refused.seen
        assert ENTER_ALTERNATE not in refused.seen
    finally:
        refused.close()


def test_ctrl_c_leaves_with_130(terminal: Terminal) -> None:
    terminal.wait_for("A check-up")
    terminal.press("\x03")
    assert terminal.wait() == 130
    terminal.assert_restored()


def test_a_broken_pack_is_told_before_the_screen_is_taken(folder: Path) -> None:
    rule = pack(folder / "pack") / "knowledge" / "rules" / "loss" / "twice.yaml"
    rule.write_text(rule.read_text().replace("severity:", "severty:"))
    refused = Terminal([*APP, "--pack", "pack"], folder)
    try:
        assert refused.wait() == 2
        assert "severty" in refused.seen
        assert ENTER_ALTERNATE not in refused.seen
        assert termios.tcgetattr(refused.line) == refused.before
    finally:
        refused.close()


def begun(terminal: Terminal) -> tuple[int, int]:
    """The script's process and that of its child, once it runs."""
    terminal.wait_for("A check-up")
    terminal.press("\r")
    terminal.wait_for("pids ")
    while not (found := re.search(r"pids (\d+) (\d+) end", plain(terminal.seen))):
        assert terminal.read(10)
    return int(found[1]), int(found[2])


@pytest.mark.slow
def test_leaving_in_the_middle_of_a_run_leaves_nothing_behind(terminal: Terminal) -> None:
    script, child = begun(terminal)
    children = [process.pid for process in psutil.Process(terminal.process.pid).children(recursive=True)]
    terminal.press("q")
    terminal.wait_for("End it and quit?")
    terminal.press("y")
    assert terminal.wait() == 0
    terminal.assert_restored()
    assert_gone(script, child, *children)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_run(terminal: Terminal) -> None:
    script, child = begun(terminal)
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.wait() == 129
    assert_gone(script, child)


@pytest.mark.slow
def test_even_an_app_that_is_killed_leaves_no_run_behind(terminal: Terminal) -> None:
    script, child = begun(terminal)
    terminal.process.kill()
    terminal.process.wait()
    assert_gone(script, child)


@pytest.fixture
def sick(tmp_path: Path) -> Iterator[Terminal]:
    """The app on a sick training of three seconds."""
    shutil.copy(SICK, tmp_path / "train.py")
    opened = Terminal(APP, tmp_path)
    yield opened
    opened.close()


@pytest.mark.slow
def test_by_keys_alone_from_the_command_to_a_report(sick: Terminal, tmp_path: Path) -> None:
    sick.wait_for("The loss does not go down")
    sick.press("37\r")  # two complaints, each with a question of its own
    sick.wait_for("Question 1 of about 2")
    sick.press("1")
    sick.wait_for("Question 2 of about 2")
    sick.press("0")
    sick.wait_for("1 confirmed")
    children = [process.pid for process in psutil.Process(sick.process.pid).children(recursive=True)]
    sick.press("r")
    sick.wait_for("Which report")
    sick.press("2\r")
    sick.wait_for("Written to")
    sick.press("q")
    assert sick.wait() == 0
    sick.assert_restored()
    assert_gone(*children)
    again = Terminal([*APP[:3], "resume", "--lang", "en"], tmp_path)
    try:
        again.wait_for("1 confirmed")
        again.press("q")
        assert again.wait() == 0
    finally:
        again.close()
    report = (tmp_path / "nndoctor-report.html").read_text(encoding="utf-8")
    assert "loss/softmax-before-cross-entropy" in report
    assert "return torch.softmax(" in report
    assert (tmp_path / "train.py").read_bytes() == SICK.read_bytes()


@pytest.mark.slow
def test_killing_all_that_the_app_started_loses_nothing_already_seen(sick: Terminal) -> None:
    sick.wait_for("A check-up")
    sick.press("\r")
    sick.wait_for("epoch  3")
    for process in psutil.Process(sick.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    sick.wait_for("1 confirmed")
    assert "Softmax in front of cross-entropy" in plain(sick.seen)
    sick.press("q")
    assert sick.wait() == 0


def test_without_a_terminal_the_app_says_so_and_does_not_hang(tmp_path: Path) -> None:
    source = 'import sys; from nndoctor.tui.app import run_app; sys.exit(run_app(None, (), "en"))'
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", source],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "nndoctor examine" in ended.stderr
    assert ended.stdout == ""
