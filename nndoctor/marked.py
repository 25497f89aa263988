"""The processes that bear a mark in their environment, which all that come of them inherit: found, and ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil


def kill_all(variable: str, mark: str, seconds: float) -> None:
    """Kills every process whose environment has that variable set to that mark, whatever session it fled to."""
    deadline = time.monotonic() + seconds
    while (left := _bearing(variable, mark)) and time.monotonic() < deadline:
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=0.2)


def kill_group(group: int) -> None:
    """Kills a process group that may be gone; 0 names none."""
    if group:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _bearing(variable: str, mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(variable) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
