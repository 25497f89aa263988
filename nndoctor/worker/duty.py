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
from nndoctor.intervention import (
    InputsZeroed,
    Intervention,
    LabelsShuffled,
    NoChange,
    OtherSeed,
    SameBatchEveryStep,
    written,
)
from nndoctor.nonfinite import OperationsChecked
from nndoctor.probe import CannotMeasure
from nndoctor.replaying import StepReplayed
from nndoctor.scheduling import LearningRateRange
from nndoctor.trace import RunEnded, Trace
from nndoctor.wire import Admit, EvidenceArrived, RunProbe, RunTrial, Stop, TrialRunArrived, WorkerReady
from nndoctor.worker import descendants, sandbox, shield, trial
from nndoctor.worker.bench import Cancelled, WorkerBench, measure
from nndoctor.worker.journal import read_trace
from nndoctor.worker.pipe import Dismissed, Pipe
from nndoctor.worker.plan import RunPlan
from nndoctor.worker.rehearsal import Shortening, watching

NO_CURES = (
    NoChange, OtherSeed, OperationsChecked, StepReplayed, LearningRateRange, LabelsShuffled, InputsZeroed,
    SameBatchEveryStep,
)  # fmt: skip
"""Of an experiment with one of these the curve is all that is wanted; any other may be the cure that is tried later."""


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
        self._made: dict[tuple[tuple[Intervention, ...], int | None], Path] = {}

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
            part = None if order.whole else trial.part_of(watched, iterations, changes)
            if (changes, iterations or None) in self._made and not order.sources:
                part = None
            plan = self._again(changes, part or iterations or None, order.seconds / order.runs)
            journal = self._rerun(replace(plan, sources=order.sources))
            trace = read_trace(journal)
            longer = any(isinstance(change, PassesRepeated) for change in changes)
            seen = trial.judged(trace, watched, order.probes, order.seconds, longer=longer)
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
            journal=str(journal),
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
        plan = self._again((*under, intervention), iterations, seconds)
        return read_trace(self._rerun(replace(plan, light=isinstance(intervention, NO_CURES))))

    def _again(self, changes: tuple[Intervention, ...], iterations: int | None, seconds: float) -> RunPlan:
        number = 1 + len(list(self._scratch.glob("rerun-*.jsonl")))
        journal = self._scratch / f"rerun-{number}.jsonl"
        # the same passes end at the same batches, so that the runs can be compared
        cuts = {cut.number: cut.batches for cut in self._trace.cuts if cut.done} if self._trace is not None else {}
        purpose = "+".join(type(change).__name__ for change in changes) or "Edited"
        shortening = Shortening(iterations, cuts=cuts)
        return RunPlan(self._patient, journal, seconds, purpose, changes, shortening=shortening)

    def _rerun(self, plan: RunPlan) -> Path:
        """The journal of that run, or of the same one that was made before: an experiment may have been the cure's."""
        kind = plan.interventions, plan.shortening.iterations
        if kind in self._made and not plan.sources:
            return self._made[kind]
        ended, cancelled = self._run(plan)
        if cancelled:
            raise Cancelled
        in_time = ended.how != "hung" and (ended.how, ended.code) != ("stopped", signal.SIGKILL)
        if in_time and not plan.light and not plan.sources:
            self._made[kind] = plan.journal
        return plan.journal

    def _run(self, plan: RunPlan) -> tuple[RunEnded, bool]:
        """How it ended, and whether by the person's wish."""
        # it imports the tap, which imports torch at its top: only now is that known to be there
        from nndoctor.worker.run import Run  # noqa: PLC0415

        plan = replace(plan, covered=self._covered)
        return Run(plan, self._pipe, self._random_state).supervise(self._scratch, in_place=self._in_place)


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
