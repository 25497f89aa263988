"""One run of the user's script in a forked child: started, watched over, ended, and its end written down."""

from __future__ import annotations

import linecache
import os
import re
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from nndoctor import notebook
from nndoctor.case import Place
from nndoctor.printed import lines_printed
from nndoctor.trace import RunEnded
from nndoctor.wire import Cancel, Progressed, RunBegan, RunFinished, Stop
from nndoctor.worker import child, descendants, last_words, sandbox
from nndoctor.worker.child import Birth
from nndoctor.worker.following import Following
from nndoctor.worker.journal import Journal, stride
from nndoctor.worker.output import Output
from nndoctor.worker.pipe import Dismissed, Pipe
from nndoctor.worker.plan import RunPlan

TICK = 0.05
LOOK = 0.2
GRACE = 1.0
"""Seconds between asking a run to end and killing it."""

STILL = 30.0
"""A run that made no iteration for so long, or for half of a shorter deadline, did not go on: it hung."""

_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$')


class Run:
    """Supervises one child. The zygote has no other child meanwhile."""

    def __init__(self, plan: RunPlan, pipe: Pipe, random_state: Any) -> None:
        """`random_state` is what `random` starts from, the same for every run, so that they can be compared."""
        self._plan = plan
        self._pipe = pipe
        self._random_state = random_state
        self._output = Output(pipe.send)
        self._following = Following(plan.journal)
        self._streams: dict[int, str] = {}
        self._process = 0
        self._status: int | None = None
        self._began = 0.0
        self._ending = ""
        self._known: set[int] = set()

    def supervise(self, scratch: Path, *, in_place: bool) -> tuple[RunEnded, bool]:
        """Runs the script to its end, or to ours; gives how it ended, and whether that was the person's wish."""
        directories = _places_to_run(self._plan, scratch, in_place=in_place)
        try:
            for file, text in self._plan.sources.items():
                sandbox.rewrite(file, text)
            self._start(directories[0])
            self._watch()
            ended = self._write_down()
        finally:
            if self._process:
                descendants.end_all(self._process, self._known)
            for descriptor in self._streams:
                os.close(descriptor)
            for directory in [] if in_place else directories:
                sandbox.discard(directory)
            shutil.rmtree(self._plan.beside(".overlay"), ignore_errors=True)
        if self._ending == "stopped":
            raise Dismissed
        plan = self._plan
        self._pipe.send(RunFinished(plan.purpose, ended.how, ended.code, ended.seconds, str(plan.journal)))
        return ended, self._ending == "cancelled"

    def _start(self, directory: Path) -> None:
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        birth = Birth(directory, out_end, err_end, (out, err, self._pipe.fileno()), os.getpid(), self._random_state)
        self._began = time.monotonic()
        self._process = os.fork()
        if not self._process:
            child.live(self._plan, birth)
        for end in (out_end, err_end):
            os.close(end)
        for descriptor, stream in ((out, "stdout"), (err, "stderr")):
            os.set_blocking(descriptor, False)
            self._streams[descriptor] = stream
        self._pipe.send(RunBegan(self._plan.purpose, self._process, self._plan.seconds))

    def _watch(self) -> None:
        looked = 0.0
        while self._status is None and not self._ending:
            self._listen(TICK)
            now = time.monotonic()
            if now - looked >= LOOK:
                self._look()
                looked = now
            if now - self._began > self._plan.seconds:
                self._look()
                self._ending = "hung" if self._was_still() else "overdue"
        if self._status is None:
            self._put_down()
        descendants.end_all(self._process, self._known)
        deadline = time.monotonic() + GRACE
        while self._drain() and time.monotonic() < deadline:
            pass
        self._look()

    def _listen(self, seconds: float) -> None:
        """Waits for output, an order or the end of the process, whichever comes first."""
        ready, _, _ = select.select([*self._streams, self._pipe.fileno()], [], [], seconds)
        if self._pipe.fileno() in ready:
            order = self._pipe.take(0)
            if isinstance(order, Cancel):
                self._ending = "cancelled"
            elif isinstance(order, Stop):
                self._ending = "stopped"
        self._drain()
        process, status = os.waitpid(self._process, os.WNOHANG)
        if process:
            self._status = status

    def _drain(self) -> bool:
        """Takes what is there of the output; whether there was any."""
        came = False
        for descriptor in list(self._streams):
            with suppress(BlockingIOError):
                chunk = os.read(descriptor, 1 << 16)
                if chunk:
                    came = True
                    self._output.take(self._streams[descriptor], chunk)
                else:
                    os.close(descriptor)
                    del self._streams[descriptor]
        return came

    def _look(self) -> None:
        points = self._following.look()
        self._pipe.send(
            Progressed(
                self._plan.purpose,
                self._following.iterations,
                self._plan.shortening.iterations,
                time.monotonic() - self._began,
                points,
            )
        )

    def _put_down(self) -> None:
        """Asks for the last stack, then for an end, then kills."""
        self._known = descendants.descendants(self._process)
        for number, grace in ((child.LAST_STACK, 0.3), (child.LAST_CALL, GRACE), (signal.SIGKILL, 30.0)):
            with suppress(ProcessLookupError):
                os.kill(self._process, number)
            deadline = time.monotonic() + grace
            while self._status is None and time.monotonic() < deadline:
                self._await_the_end()

    def _await_the_end(self) -> None:
        select.select([*self._streams], [], [], TICK)
        self._drain()
        process, status = os.waitpid(self._process, os.WNOHANG)
        if process:
            self._status = status

    def _write_down(self) -> RunEnded:
        output = self._output.close(self._plan.beside(".log"))
        how, code = self._how()
        stack = () if how in ("finished", "exception", "exit") else self._stack()
        ended = RunEnded(how, code, time.monotonic() - self._began, stack)
        journal = Journal(str(self._plan.journal))
        for lines in () if self._plan.light else lines_printed(output):
            journal.write(lines)
        journal.write(ended)
        journal.close()
        return ended

    def _how(self) -> tuple[str, int]:
        status = self._status
        if self._ending or status is None:
            return ("hung" if self._ending == "hung" else "stopped"), signal.SIGKILL
        if os.WIFSIGNALED(status):
            return "signal", os.WTERMSIG(status)
        code = os.WEXITSTATUS(status)
        how = "exit"
        with suppress(OSError):
            how = self._plan.beside(".end").read_text().split()[0]
        if how != "finished" and self._saw_enough():
            how = "stopped"
        return how, code

    def _saw_enough(self) -> bool:
        """Whether the tap ended the run by os._exit; the journal of a long run is thinned, so nearly all will do."""
        wanted, seen = self._plan.shortening.iterations, self._following.iterations
        return wanted is not None and seen + stride(seen) > wanted

    def _was_still(self) -> bool:
        silent = self._following.silent_seconds()
        patience = max(10 * self._following.iteration_seconds(), min(STILL, self._plan.seconds / 2))
        return silent is None or silent > patience

    def _stack(self) -> tuple[Place, ...]:
        """The main thread's stack as faulthandler wrote it last, outermost first, without frames of ours."""
        try:
            text = self._plan.beside(".stack").read_text(errors="replace")
        except OSError:
            return ()
        return tuple(_places(text.rpartition("hread 0x")[2]))[::-1]


def _places(text: str) -> Iterator[Place]:
    for line in text.splitlines():
        found = _FRAME.match(line)
        if found and not found["file"].startswith((last_words.PACKAGE, "<frozen")):
            name, number = sandbox.original(found["file"]), int(found["line"])
            file, cell = notebook.parted(name)
            if cell:
                with suppress(OSError, notebook.NotRunnable):
                    notebook.remember(file, notebook.read(file))
            function = "" if found["function"] == "<module>" else found["function"]
            yield Place(file, number, linecache.getline(name, number).strip(), function, cell)


def _places_to_run(plan: RunPlan, scratch: Path, *, in_place: bool) -> list[Path]:
    """The directory to run in, and the copies made beside it."""
    directory = Path(plan.patient.directory)
    if in_place:
        return [directory]
    copies = [sandbox.copy(directory, scratch)]
    if plan.patient.kind == "script":
        home = (directory / plan.patient.target).resolve().parent
        if home.is_dir() and sandbox.mirrored(str(home)) == str(home):
            copies.append(sandbox.copy(home, scratch))
    return copies
