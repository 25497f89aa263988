"""The app on a real terminal: start, keys, resize, leaving; the terminal as it was, and no process left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.packs import pack
from tests.tui.terminal import ENTER_ALTERNATE, ROOT, Terminal, assert_gone, plain

SICK = ROOT / "tests" / "ward" / "loss" / "softmax-before-cross-entropy" / "sick.py"
APP = [sys.executable, "-m", "nndoctor", "--lang", "en", "train.py"]
ENDLESS = """\
import os, subprocess, sys, time

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("pids", os.getpid(), child.pid, "end", flush=True)
time.sleep(600)
"""


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
    begin = len(terminal.seen)
    for columns in (120, 121, 120, 121, 120):  # on a busy machine one signal may come while the last is still drawn
        terminal.resize(columns, 40)
        os.kill(terminal.process.pid, signal.SIGWINCH)
        while terminal.read(3.0):
            pass
    rows = [int(row) for row in re.findall(r"\x1b\[(\d+);\d+H", terminal.seen[begin:])]
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
    sick.press("39\r")  # two complaints: what the one asks may be measured, what the other asks only the user knows
    sick.wait_for("Question 1 of about 1")
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
