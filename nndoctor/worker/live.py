"""A lab in the user's own living process: runs a training's double under a tap that is taken out again."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from nndoctor.case import Evidence, TrialRun
from nndoctor.intervention import Intervention, OtherSeed
from nndoctor.trace import RunEnded, RunStarted, Trace
from nndoctor.wire import RunProbe, RunTrial, WorkerReady
from nndoctor.worker import tap
from nndoctor.worker.bench import WorkerBench, measure
from nndoctor.worker.bystander import reseed, untouched
from nndoctor.worker.clone import cloned
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.learnt import learnt
from nndoctor.worker.loop import Training, Unfit, train
from nndoctor.worker.places import Places
from nndoctor.worker.put_back import put_back
from nndoctor.worker.rehearsal import Rehearsal, Shortening
from nndoctor.worker.watch import Watch

WATCHED_SHARE = 0.8


class LiveLab:
    """What a visit wants of a lab; nothing in it waits."""

    def __init__(self, model: Any, data: Any, loss: Any, optimizer: Any, scratch: Path) -> None:
        """`data` is a loader, or one batch. Raises Unfit for parts that are none."""
        loader = [data] if _is_batch(data) else data
        if hasattr(loader, "__next__"):
            raise Unfit("an iterator would be used up: give the loader itself, or one batch")
        self._training = Training(model, loss, optimizer, loader)
        self._scratch = scratch
        self._trace: Trace | None = None
        self._runs = 0

    async def warm(self) -> WorkerReady:
        """The environment is the one we are in."""
        return WorkerReady(tap.environment())

    async def run(self, order: RunProbe) -> Evidence:
        """One probe; watches first if that was not done."""
        began = time.monotonic()
        if self._trace is None:
            self._trace = self._recorded(None, None, WATCHED_SHARE * order.seconds)
        bench = WorkerBench(self._trace, self._recorded, order.seconds - (time.monotonic() - began))
        return replace(measure(order.probe, order.path, bench), seconds=time.monotonic() - began)

    async def try_out(self, order: RunTrial) -> TrialRun:
        """Cures are tried on scripts: a live model has no code of its own to be run again."""
        return TrialRun("not_measurable", order.changes, why="a live model is not treated")

    def _recorded(self, intervention: Intervention | None, iterations: int | None, seconds: float) -> Trace:
        self._runs += 1
        path = self._scratch / f"run-{self._runs}.jsonl"
        journal = Journal(path)
        began = time.monotonic()
        with untouched(self._training), torch.inference_mode(mode=False), torch.enable_grad():
            double = cloned(self._training)
            if isinstance(intervention, OtherSeed):
                reseed(self._training, torch.initial_seed() + intervention.by)
            watch = Watch(journal, Places(), light=intervention is not None)
            watch.memory.leave_aside_what_is_alive()
            watch.models.were_learnt(learnt(self._training, double.model))
            hooks = tap.Tap(watch, Rehearsal(journal, Shortening()), None, _steered(intervention))
            journal.write(RunStarted(tap.environment()))
            with put_back(hooks.install):
                how = _trained(double, hooks, seconds, iterations)
        journal.write(RunEnded(how, int(how != "finished"), time.monotonic() - began))
        journal.close()
        return read_trace(path)


def _steered(intervention: Intervention | None) -> tuple[Intervention, ...]:
    return () if intervention is None or isinstance(intervention, OtherSeed) else (intervention,)


def _trained(training: Training, hooks: tap.Tap, seconds: float, iterations: int | None) -> str:
    """How it ended. Raises Unfit."""
    try:
        train(training, seconds, iterations)
    except Unfit:
        raise
    except Exception as error:  # noqa: BLE001  # permitted: the training's own failure is what is examined
        hooks.record_crash(error)
        return "exception"
    finally:
        hooks.finish()
    return "finished"


def _is_batch(data: Any) -> bool:
    if isinstance(data, tuple | list):
        return any(isinstance(part, torch.Tensor) for part in data)
    return isinstance(data, torch.Tensor) or (hasattr(data, "keys") and hasattr(data, "__getitem__"))
