"""The worker on duty: a zygote that has imported torch and run nothing, taking orders and answering with news."""

from __future__ import annotations

import gc
import importlib
import platform
import random
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from nndoctor.case import Evidence, TrialRun
from nndoctor.data_changes import PassesRepeated
from nndoctor.given import EvaluatedLikeTraining
from nndoctor.intervention import Intervention, written
from nndoctor.model_changes import NormalisedBySample
from nndoctor.probe import CannotMeasure
from nndoctor.trace import RunEnded, Trace
from nndoctor.unregularised import RegularisationOff
from nndoctor.wire import Admit, EvidenceArrived, RunProbe, RunTrial, Stop, TrialRunArrived, WorkerReady
from nndoctor.worker import descendants, sandbox, shield, trial
from nndoctor.worker.bench import Cancelled, WorkerBench, measure
from nndoctor.worker.journal import read_trace
from nndoctor.worker.pipe import Dismissed, Pipe
from nndoctor.worker.plan import RunPlan
from nndoctor.worker.rehearsal import Shortening, watching


class Duty:
    """One patient in one worker: watched once, then probed."""

    def __init__(self, pipe: Pipe, order: Admit) -> None:
        """`order` names the patient."""
        directory = str(Path(order.patient.directory).resolve())
        self._pipe = pipe
        self._patient = replace(order.patient, directory=directory)
        self._scratch = Path(order.scratch)
        self._in_place = order.in_place
        self._former = order.trace
        self._trace: Trace | None = None
        self._random_state: Any = None
        self._covered: tuple[str, ...] = ()

    def prepare(self) -> WorkerReady:
        """Imports torch, and nothing else: no tensor, no CUDA, no module of the user's."""
        if not Path(self._patient.directory).is_dir():
            return WorkerReady({}, f"There is no directory {self._patient.directory}.")
        try:
            environment = _environment()
        except ImportError as missing:
            return WorkerReady(
                {"python": platform.python_version()},
                f"{sys.executable} can't import torch ({missing}): name the interpreter that can, with --python PATH.",
            )
        self._random_state = random.getstate()
        self._covered = () if self._in_place else shield.coverable(self._folders(), self._scratch)
        environment["writes"] = self._writes()
        gc.collect()
        gc.freeze()  # a child's collections leave the pages that it shares with us alone
        return WorkerReady(environment)

    def _folders(self) -> list[str]:
        """The projects that the script is run in and from, with the folders beside them."""
        scripts = Path(self._patient.directory, self._patient.target).resolve().parent
        homes = [Path(self._patient.directory), *([scripts] if self._patient.kind == "script" else [])]
        roots = [sandbox.project(home) for home in homes if home.is_dir()]
        return [str(folder) for root in roots for folder in (root.parent, root)]

    def _writes(self) -> str:
        """Where what the script writes ends up, as the report tells it."""
        if self._in_place:
            return "land in the script's own directory (--in-place)"
        reach = "of its directory and in an overlay" if self._covered else "of its directory; absolute paths are not"
        return f"kept in a scratch copy {reach}"

    def perform(self, order: RunProbe) -> Evidence:
        """One probe, to whatever end; the script is watched first if it was not yet."""
        began = time.monotonic()
        if order.trace and not Path(order.trace).exists():
            return Evidence(order.probe, "not_measurable", why="the run under treatment is no longer there")
        trace = read_trace(order.trace) if order.trace else self._watched(order.seconds)
        changed = partial(self._changed, tuple(map(written, order.under)))
        evidence = measure(order.probe, order.path, WorkerBench(trace, changed, order.seconds - _since(began)))
        how = watching(trace, self._patient.rehearse) if not order.trace else None
        return replace(evidence, seconds=_since(began), watching=how)

    def try_out(self, order: RunTrial) -> TrialRun:
        """One run of a trial, to whatever end."""
        began = time.monotonic()
        watched = self._watched(order.seconds)
        asked = TrialRun("measured", order.changes)
        try:
            changes = tuple(map(written, order.changes))
            iterations = order.iterations
            if iterations is None:
                iterations = trial.iterations_for(watched, order.seconds, order.runs)
            part = None if order.whole else trial.part_of(watched, iterations)
            plan = self._again(changes, part or iterations or None, order.seconds / order.runs)
            trace = self._rerun(replace(plan, sources=order.sources))
            seen = trial.judged(trace, watched, order.probes, order.seconds)
            if part is not None:
                seen = replace(seen, part=True, loss_at_end=trial.loss_by(watched, iterations))
        except CannotMeasure as reason:
            return replace(asked, outcome="not_measurable", seconds=_since(began), why=str(reason))
        except Cancelled:
            return replace(asked, outcome="cancelled", seconds=_since(began))
        return replace(
            seen,
            changes=order.changes,
            seconds=_since(began),
            iterations=part or iterations,
            journal=str(plan.journal),
            why=_refusal(trace) or _failure(trace, watched),
        )

    def _watched(self, seconds: float) -> Trace:
        if self._trace is None:
            journal = Path(self._former or self._scratch / "watch.jsonl")
            if not self._former:
                journal.unlink(missing_ok=True)
                shortening = Shortening(None, seconds, self._patient.rehearse)
                self._run(RunPlan(self._patient, journal, seconds, shortening=shortening))
            self._trace = read_trace(journal)
            if self._trace.ended is None:
                # the worker that watched it was killed, and its run with it
                seen = self._trace.iterations[-1].seconds if self._trace.iterations else 0.0
                self._trace.ended = RunEnded("stopped", signal.SIGKILL, seen)
        return self._trace

    def _changed(
        self, under: tuple[Intervention, ...], intervention: Intervention, iterations: int | None, seconds: float
    ) -> Trace:
        light = not isinstance(
            intervention, RegularisationOff | PassesRepeated | EvaluatedLikeTraining | NormalisedBySample
        )
        return self._rerun(replace(self._again((*under, intervention), iterations, seconds), light=light))

    def _again(self, changes: tuple[Intervention, ...], iterations: int | None, seconds: float) -> RunPlan:
        number = 1 + len(list(self._scratch.glob("rerun-*.jsonl")))
        journal = self._scratch / f"rerun-{number}.jsonl"
        # the same passes end at the same batches, so that the runs can be compared
        cuts = {cut.number: cut.batches for cut in self._trace.cuts if cut.done} if self._trace is not None else {}
        purpose = "+".join(type(change).__name__ for change in changes) or "Edited"
        shortening = Shortening(iterations, cuts=cuts)
        return RunPlan(self._patient, journal, seconds, purpose, changes, shortening=shortening)

    def _rerun(self, plan: RunPlan) -> Trace:
        if self._run(plan):
            raise Cancelled
        return read_trace(plan.journal)

    def _run(self, plan: RunPlan) -> bool:
        """Whether the person ended it."""
        # it imports the tap, which imports torch at its top: only now is that known to be there
        from nndoctor.worker.run import Run  # noqa: PLC0415

        plan = replace(plan, covered=self._covered)
        _, cancelled = Run(plan, self._pipe, self._random_state).supervise(self._scratch, in_place=self._in_place)
        return cancelled


def _since(began: float) -> float:
    return time.monotonic() - began


def _refusal(trace: Trace) -> str:
    """Why the change could not be made; "" where it was."""
    steered = trace.steered
    return "" if steered is None else steered.why


def _failure(trace: Trace, watched: Trace) -> str:
    """What ended a run that the script as it is does not end by; "" for nothing."""
    if trace.crash is None or watched.crash is not None:
        return ""
    return f"the changed script ended with {trace.crash.kind}: {trace.crash.message}"


def _environment() -> dict[str, str]:
    torch = importlib.import_module("torch")
    # the first optimizer of every run would import it: a second of each run, saved by doing it here
    importlib.import_module("torch._dynamo")
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "cuda": str(torch.version.cuda or ""),
        "system": platform.platform(terse=True),
    }


def serve(descriptor: int) -> NoReturn:
    """Obeys the orders that come on this descriptor until Stop or end of file."""
    descendants.die_with_parent(signal.SIGTERM)
    descendants.adopt_orphans()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the screen's to understand
    with suppress(Dismissed):
        _obey(Pipe(descriptor))
    sys.exit(0)


def _obey(pipe: Pipe) -> None:
    duty: Duty | None = None
    while not isinstance(order := pipe.take(None), Stop):
        if isinstance(order, Admit):
            duty = Duty(pipe, order)
            pipe.send(duty.prepare())
        elif isinstance(order, RunProbe) and duty is not None:
            pipe.send(EvidenceArrived(duty.perform(order)))
        elif isinstance(order, RunTrial) and duty is not None:
            pipe.send(TrialRunArrived(duty.try_out(order)))


def _leave(number: int, _frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # said once
    raise Dismissed
