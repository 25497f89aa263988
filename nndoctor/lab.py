"""The keeper of the worker process: starts it, hears it, holds it to its deadlines, and leaves no process behind."""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from nndoctor import marked
from nndoctor.case import Evidence, Patient, TrialRun
from nndoctor.wire import (
    DESCRIPTOR,
    Admit,
    Cancel,
    EvidenceArrived,
    News,
    Order,
    RunBegan,
    RunFinished,
    RunProbe,
    RunTrial,
    Stop,
    TrialRunArrived,
    WorkerReady,
    line_of,
    message_of,
)

WORKER = Path(__file__).resolve().parent / "worker" / "__main__.py"
MARK = "NNDOCTOR_LAB"
"""An environment variable that every process of one lab inherits: by it the last of them is found."""

START_SECONDS = 180.0
"""`import torch` was measured at 12 s on a cold, busy machine."""

GRACE = 20.0
"""Seconds that a worker may be over a probe's time before it is killed: ending a run takes it up to five."""

AFTER_WATCHING = 60.0
"""Seconds that a probe has for itself once the watching of the script is over."""

STOP_SECONDS = 4.0
LINE_LIMIT = 64 << 20
COMPLAINT_LIMIT = 4096


@dataclass(slots=True)
class _Worker:
    """One started worker, and what is awaited of it."""

    process: asyncio.subprocess.Process
    writer: asyncio.StreamWriter
    ready: asyncio.Future[WorkerReady]
    complaint: Path
    tasks: tuple[asyncio.Task[None], ...] = ()
    run_group: int = 0
    deadline: float = 0.0
    result: asyncio.Future[Evidence | TrialRun] | None = None

    def send(self, order: Order) -> None:
        """Writes one order; to a dead worker nothing is written, and its death is told elsewhere."""
        if not self.writer.is_closing():
            self.writer.write(line_of(order))

    def death(self) -> str:
        """How it died, with the end of what it said on stderr."""
        code = self.process.returncode
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit status {code}"
        said = self.complaint.read_bytes()[-COMPLAINT_LIMIT:].decode(errors="replace").strip()
        return f"the worker ended with {how}" + (f":\n{said}" if said else "")


class Lab:
    """Runs probes on one patient, one at a time; every failure comes as Evidence, never as an exception."""

    def __init__(
        self, patient: Patient, scratch: Path, listen: Callable[[News], None], *, in_place: bool = False
    ) -> None:
        """`scratch` keeps journals and copies; `listen` hears all news, in the event loop's thread."""
        directory = str(Path(patient.directory).resolve())
        self._patient = replace(patient, directory=directory, python=interpreter(patient.python))
        self._scratch = scratch.resolve()
        self._listen = listen
        self._in_place = in_place
        self._mark = uuid.uuid4().hex
        self._worker: _Worker | None = None
        self._starting = asyncio.Lock()
        self._running = asyncio.Lock()
        self._watched = False
        self._closed = False

    async def __aenter__(self) -> Lab:
        """Nothing is started yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        """Closes the lab."""
        await self.close()

    @property
    def journal(self) -> Path:
        """The journal of the watched run, once there is one."""
        return self._scratch / "watch.jsonl"

    async def warm(self) -> WorkerReady:
        """Starts the worker if none lives, and waits until it has imported torch; `problem` says why it could not."""
        async with self._starting:
            if self._closed:
                return WorkerReady({}, "The lab is closed.")
            if self._worker is None:
                try:
                    self._worker = await self._start()
                except OSError as refused:
                    return WorkerReady({}, f"{self._patient.python} can't be started: {refused.strerror}.")
            await asyncio.wait({self._worker.ready}, timeout=START_SECONDS)
            if self._worker.ready.done():
                ready = self._worker.ready.result()
            else:
                ready = WorkerReady({}, f"{self._patient.python} took over {START_SECONDS:.0f} s to import torch.")
            if ready.problem:
                await self._put_down()
            return ready

    async def run(self, order: RunProbe) -> Evidence:
        """One probe, watching the script first if that was not done yet."""
        result = await self._done(replace(order, path=str(Path(order.path).resolve())))
        if isinstance(result, Evidence):
            return replace(result, probe=order.probe)
        return Evidence(order.probe, result.outcome, result.seconds, why=result.why)

    async def try_out(self, order: RunTrial) -> TrialRun:
        """One run of a trial."""
        result = await self._done(order)
        if isinstance(result, TrialRun):
            return result
        return TrialRun(result.outcome, order.changes, seconds=result.seconds, why=result.why)

    async def _done(self, order: RunProbe | RunTrial) -> Evidence | TrialRun:
        """What came of an order; every failure is a result too."""
        async with self._running:
            began = time.monotonic()
            ready = await self.warm()
            worker = self._worker
            if ready.problem or worker is None:
                return Evidence("", "not_measurable", time.monotonic() - began, why=ready.problem)
            worker.result = asyncio.get_running_loop().create_future()
            worker.deadline = time.monotonic() + order.seconds + GRACE
            worker.send(order)
            try:
                result = await self._arrival(worker, worker.result)
            except asyncio.CancelledError:
                await self._put_down()
                raise
            if result is None or result.outcome == "died":
                await self._put_down()
            if result is None:
                why = f"no answer within {time.monotonic() - began:.0f} s"
                return Evidence("", "timed_out", time.monotonic() - began, why=why)
            return replace(result, seconds=result.seconds or time.monotonic() - began)

    def cancel(self) -> None:
        """Ends the current run of the script; what was seen of it is kept."""
        if self._worker is not None:
            self._worker.send(Cancel())

    async def close(self) -> None:
        """Ends the worker and every process that came of it; the lab can't be used again."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.send(Stop())
            with suppress(TimeoutError):
                await asyncio.wait_for(worker.process.wait(), STOP_SECONDS)
        await self._put_down()

    async def _start(self) -> _Worker:
        self._scratch.mkdir(parents=True, exist_ok=True)
        complaint = self._scratch / "worker.log"
        ours, theirs = socket.socketpair()
        with theirs, complaint.open("wb") as stderr:
            try:
                process = await asyncio.create_subprocess_exec(
                    self._patient.python,
                    *("-u", str(WORKER)),
                    cwd=self._patient.directory if Path(self._patient.directory).is_dir() else None,
                    env={**os.environ, DESCRIPTOR: str(theirs.fileno()), MARK: self._mark},
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=stderr,
                    start_new_session=True,
                )
            except OSError:
                ours.close()
                raise
        atexit.register(self._sweep)
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=LINE_LIMIT)
        worker = _Worker(process, writer, asyncio.get_running_loop().create_future(), complaint)
        hearing = asyncio.create_task(self._hear(reader, worker))
        worker.tasks = (hearing, asyncio.create_task(_mourn(worker, hearing)))
        worker.send(Admit(self._patient, str(self._scratch), self._in_place, self._former_trace()))
        return worker

    def _former_trace(self) -> str:
        return str(self.journal) if self._watched and self.journal.exists() else ""

    async def _hear(self, reader: asyncio.StreamReader, worker: _Worker) -> None:
        """Everything the worker says, until it says no more."""
        with suppress(ConnectionError):
            async for line in reader:
                news = message_of(line)
                if not isinstance(news, Order):
                    self._note(news, worker)
                    self._listen(news)

    def _note(self, news: News, worker: _Worker) -> None:
        match news:
            case WorkerReady() if not worker.ready.done():
                worker.ready.set_result(news)
            case RunBegan(purpose=purpose, group=group):
                worker.run_group = group
                self._watched |= purpose == "watch"
            case RunFinished(purpose=purpose):
                worker.run_group = 0
                if purpose == "watch":
                    worker.deadline = max(worker.deadline, time.monotonic() + AFTER_WATCHING)
            case EvidenceArrived(evidence=result) | TrialRunArrived(run=result):
                if worker.result is not None and not worker.result.done():
                    worker.result.set_result(result)
            case _:
                pass

    async def _arrival(
        self, worker: _Worker, result: asyncio.Future[Evidence | TrialRun]
    ) -> Evidence | TrialRun | None:
        """The result; None if the deadline, which may be moved meanwhile, has passed."""
        while not result.done() and (left := worker.deadline - time.monotonic()) > 0:
            await asyncio.wait({result}, timeout=left)
        return result.result() if result.done() else None

    async def _put_down(self) -> None:
        """Kills what is left of the worker; the next probe gets a new one, with what was seen so far."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        for group in (worker.run_group, worker.process.pid):
            marked.kill_group(group)
        await worker.process.wait()
        await asyncio.to_thread(self._sweep)
        worker.writer.close()
        for task in worker.tasks:
            task.cancel()
        await asyncio.gather(*worker.tasks, return_exceptions=True)
        atexit.unregister(self._sweep)

    def _sweep(self) -> None:
        marked.kill_all(MARK, self._mark, STOP_SECONDS)


def interpreter(python: str) -> str:
    """The interpreter of the user's environment: the one named, else the active environment's, else our own."""
    if python:
        return shutil.which(python) or str(Path(python).expanduser().absolute())
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        found = Path(os.environ.get(variable, ""), "bin", "python")
        if os.environ.get(variable) and found.exists():
            return str(found)
    return sys.executable


async def _mourn(worker: _Worker, hearing: asyncio.Task[None]) -> None:
    """Waits for the worker's death, which only the process's end can tell, and answers all that is still awaited."""
    await worker.process.wait()
    await asyncio.wait({hearing}, timeout=1.0)
    if not worker.ready.done():
        worker.ready.set_result(WorkerReady({}, worker.death()))
    if worker.result is not None and not worker.result.done():
        worker.result.set_result(Evidence("", "died", why=worker.death()))
