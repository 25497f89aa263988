"""No process of a run outlives it: adopting what it orphans, and ending whatever is left."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

LAST_WORDS = 0.3
"""Seconds in which what a run left behind may end by itself: multiprocessing's tracker unlinks shared memory."""


def adopt_orphans() -> None:
    """From now on, what a descendant leaves behind becomes our child (Linux; see prctl(2))."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Asks the kernel for that signal when our parent dies (Linux; see prctl(2))."""
    _prctl(_PR_SET_PDEATHSIG, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, int(value), 0, 0, 0)


def descendants(ancestor: int) -> set[int]:
    """Every live process below this one, zombies left out."""
    parents = _parents_linux() if sys.platform == "linux" else _parents_ps()
    found: set[int] = set()
    grown = {ancestor}
    while grown:
        grown = {child for child, parent in parents.items() if parent in grown} - found
        found |= grown
    return found


def _parents_linux() -> dict[int, int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
    return parents


def _parents_ps() -> dict[int, int]:
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {int(row[0]): int(row[1]) for row in rows if not row[2].startswith("Z")}


def end_all(group: int, known: set[int], seconds: float = 2.0) -> None:
    """Kills and reaps the group of a run that is over, all that is still below us, and `known` descendants."""
    # our own SIGTERM (the screen was killed) may come in the midst of it, and must not keep us from the rest
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        _end_all(group, known, seconds)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_all(group: int, known: set[int], seconds: float) -> None:
    _let_go(LAST_WORDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + seconds
    while left := descendants(os.getpid()) | {process for process in known if _is_orphan(process)}:
        for process in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        _reap()
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)
        known = set()
    _reap()


def _let_go(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while descendants(os.getpid()) and time.monotonic() < deadline:
        _reap()
        time.sleep(0.01)


def _is_orphan(process: int) -> bool:
    """Whether a former descendant is alive without us; only where orphans are not adopted (macOS)."""
    if sys.platform == "linux":
        return False
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _reap() -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
