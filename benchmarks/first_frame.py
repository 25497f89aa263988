"""How long the app takes to its first full frame, against a bare Textual app with one Static.

Each start is a fresh process in a pty of its own; the two take turns, so that the machine's moods meet both alike. A
frame is full when its last line has been written. Run: python benchmarks/first_frame.py
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 1.15
DEADLINE = 60.0
BARE = """\
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("the only line")

Bare().run()
"""
OURS = """\
import sys
from nndoctor.tui.app import run_app

sys.exit(run_app(None, (), "en"))
"""
LAST_WORDS = {"bare": b"the only line", "app": b"quit", "command": b"quit"}


def first_frame(command: list[str], last_words: bytes, directory: str) -> float:
    """Seconds from the start of the process to the end of its first full frame."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    wanted = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": directory}
    environment = {name: value for name, value in wanted.items() if name not in {"NO_COLOR", "TEXTUAL"}}
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=directory,
        env=environment,
        start_new_session=True,
    )
    os.close(terminal)
    seen = b""
    try:
        while last_words not in seen:
            if not select.select([screen], [], [], began + DEADLINE - time.perf_counter())[0]:
                raise TimeoutError(f"no frame within {DEADLINE:.0f} s of {command}:\n{seen.decode(errors='replace')}")
            seen += os.read(screen, 65_536)
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(screen)


def main() -> None:
    """Prints the times, and the ratio as one line of JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in LAST_WORDS}
    with tempfile.TemporaryDirectory() as directory:
        for name, source in {"bare": BARE, "app": OURS}.items():
            Path(directory, f"{name}_app.txt").write_text(source, encoding="utf-8")
        Path(directory, "train.py").write_text("import torch\n", encoding="utf-8")
        commands = {name: [sys.executable, f"{name}_app.txt"] for name in ("bare", "app")}
        commands["command"] = [sys.executable, "-m", "nndoctor"]
        for number in range(rounds + 1):
            for name in list(commands)[:: 1 if number % 2 else -1]:
                seconds = first_frame(commands[name], LAST_WORDS[name], directory)
                if number:  # the first round fills the caches of the disk
                    times[name].append(seconds)
    for name, each in times.items():
        print(f"{name:8} median {statistics.median(each) * 1e3:6.0f} ms   fastest {min(each) * 1e3:6.0f} ms")
    row = {
        "figure": "first_frame",
        "ratio": round(_over_bare(times, "app"), 3),
        "goal": GOAL,
        "of_fastest": round(min(times["app"]) / min(times["bare"]), 3),
        "with_command_line": round(_over_bare(times, "command"), 3),
        "rounds": rounds,
    }
    print(json.dumps(row))


def _over_bare(times: dict[str, list[float]], name: str) -> float:
    """The median of the ratios within each round: a busy second slows both of its round."""
    return statistics.median(ours / bare for ours, bare in zip(times[name], times["bare"], strict=True))


if __name__ == "__main__":
    main()
