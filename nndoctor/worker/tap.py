"""The hooks on the user's program: installed before its first line, they watch or steer, and never change a value.

What is hooked, and why nothing else: a guarded `Module.__call__` (the outermost call with parameters is a model),
`torch.autograd.backward` (Tensor.backward comes by here), the two global optimizer step hooks, loss functions, loaders,
schedulers, the scaler. Modes and full-backward hooks cost up to half a step and are never left on.
"""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import nn
from torch.optim import Optimizer, lr_scheduler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data import DataLoader
from torch.utils.data.dataloader import _BaseDataLoaderIter

from nndoctor.intervention import Intervention
from nndoctor.nonfinite import OperationsChecked
from nndoctor.trace import RunStarted, Steered
from nndoctor.worker import keras_tap
from nndoctor.worker.drawing import batch_drawn, loader_begun
from nndoctor.worker.finder import Finder
from nndoctor.worker.journal import Journal
from nndoctor.worker.losses import FUNCTIONS
from nndoctor.worker.places import Places
from nndoctor.worker.rehearsal import EnoughSeen, Rehearsal, Shortening
from nndoctor.worker.seeding import Seeding
from nndoctor.worker.sources import install_sources
from nndoctor.worker.steering.around import Around
from nndoctor.worker.steering.choice import steering
from nndoctor.worker.uncompiled import keep_away
from nndoctor.worker.watch import Watch

DRIVER = "/proc/driver/nvidia/gpus"
"""Where NVIDIA's driver lists its GPUs, whatever torch is built for."""


class Tap:
    """The installed hooks of one run."""

    def __init__(
        self,
        watch: Watch,
        rehearsal: Rehearsal,
        iterations: int | None,
        interventions: tuple[Intervention, ...] = (),
    ) -> None:
        """`iterations`: end the run after so many backward passes."""
        self._watch = watch
        self._rehearsal = rehearsal
        self._limit = iterations
        self._seeding = Seeding(watch.journal, watch.places)
        self._ended = False
        self._steered = [steering(intervention) for intervention in interventions]

    def record_crash(self, error: BaseException) -> None:
        """Writes down the exception that ended the script."""
        self._watch.record_crash(error)

    def finish(self) -> None:
        """Writes all that is still held back; may be called more than once."""
        if self._watch.forked:
            return
        if not self._watch.light:
            self._seeding.close()
        for steered in self._steered:
            self._watch.journal.write(Steered(steered.applied, steered.refusal(), steered.measured))
        self._watch.finish()

    def install(self) -> None:
        """Puts every hook in its place, each by setting an attribute of torch's or the system's (see `put_back`)."""
        self._models()
        install_sources(self._watch)
        self._backward()
        self._optimizers()
        self._schedulers()
        self._loaders()
        for name in FUNCTIONS:
            setattr(F, name, self._watch.losses.wrapped(name, self._watch))
        self._odds()
        if not self._watch.light:
            self._watch.aids.install()
            self._watch.clippings.install(self._watch)
        self._seeding.install(lambda: self._watch.iteration if self._watch.listening() else None)
        for steered in self._steered:
            # the last come outermost, and all of them outside of the tap: it sees the treated program
            steered.install(Around(self._watch.listening))

    def install_for_life(self) -> None:
        """Also those that can't be taken out again: a run's process ends with them."""
        self.install()
        if not self._watch.light:
            self._watch.elsewhere.install()
        keras_tap.install(self._watch)
        for steered in self._steered:
            steered.install_for_life(Around(self._watch.listening))
        keep_away()

    def _models(self) -> None:
        watch, original = self._watch, nn.Module.__call__
        traced, compiling = torch.compiler.is_dynamo_compiling, torch.compiler.is_compiling
        usual = original is nn.Module._wrapped_call_impl

        def __call__(self: nn.Module, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            # every layer comes by here
            if traced():
                return original(self, *args, **kwargs)
            if watch.inside:
                if usual and self._compiled_call_impl is None:
                    return self._call_impl(*args, **kwargs)
                return original(self, *args, **kwargs)
            if compiling():
                return original(self, *args, **kwargs)
            return watch.model_called(original, self, args, kwargs)

        nn.Module.__call__ = __call__

    def _backward(self) -> None:
        watch, original, rehearsal = self._watch, torch.autograd.backward, self._rehearsal
        limited = self._limit is not None or rehearsal.is_wished_for

        @functools.wraps(original)
        def backward(*args: Any, **kwargs: Any) -> None:
            if limited:
                self._stop_if_enough()
            if not watch.listening():
                original(*args, **kwargs)
                return
            watch.backward_begins(args[0] if args else kwargs.get("tensors"))
            original(*args, **kwargs)
            watch.backward_ended()
            rehearsal.went_backward()

        torch.autograd.backward = backward

    def _stop_if_enough(self) -> None:
        """Ends a rerun, or a rehearsal that was wished for; who swallows the exception is ended the hard way."""
        if not self._rehearsal.is_over if self._limit is None else self._watch.iteration < self._limit:
            return
        if self._ended:
            os._exit(0)
        self._ended = True
        self.finish()
        raise EnoughSeen

    def _optimizers(self) -> None:
        watch, build, clean = self._watch, Optimizer.__init__, Optimizer.zero_grad
        attention = watch.attention

        @functools.wraps(build)
        def __init__(self: Optimizer, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            build(self, *args, **kwargs)
            if watch.listening() and not watch.light:
                watch.attention.startle(watch.iteration)
                watch.steps.built(self, watch.iteration)

        @functools.wraps(clean)
        def zero_grad(self: Optimizer, *args: Any, **kwargs: Any) -> None:
            clean(self, *args, **kwargs)
            if not attention.asleep and watch.listening() and not watch.light:
                watch.steps.zeroed(self)

        Optimizer.__init__, Optimizer.zero_grad = __init__, zero_grad
        register_optimizer_step_pre_hook(watch.step_begins)
        register_optimizer_step_post_hook(watch.step_ended)
        register_optimizer_step_post_hook(self._rehearsal.stepped)

    def _schedulers(self) -> None:
        watch, building = self._watch, [0]
        for kind in (lr_scheduler.LRScheduler, lr_scheduler.ReduceLROnPlateau):
            build, step = vars(kind)["__init__"], vars(kind)["step"]
            kind.__init__ = _scheduler_built(build, watch, building)
            kind.step = _scheduler_stepped(step, watch, building)

    def _loaders(self) -> None:
        watch, rehearsal = self._watch, self._rehearsal
        DataLoader.__iter__ = loader_begun(DataLoader.__iter__, watch, rehearsal)
        _BaseDataLoaderIter.__next__ = batch_drawn(_BaseDataLoaderIter.__next__, watch, rehearsal)

    def _odds(self) -> None:
        watch, scale, leave, compiled = self._watch, torch.amp.GradScaler.scale, os._exit, torch.compile

        @functools.wraps(scale)
        def scaled(self: Any, outputs: Any) -> Any:
            result = scale(self, outputs)
            watch.curve.scaled(outputs, result)
            return result

        def _exit(status: int) -> None:
            self.finish()
            leave(status)

        @functools.wraps(compiled)
        def compile(*args: Any, **kwargs: Any) -> Any:
            watch.compiled = True
            if args or "model" in kwargs:  # else it gives a decorator, and will be back
                watch.elsewhere.happened("compiled")
            return compiled(*args, **kwargs)

        torch.amp.GradScaler.scale, torch.compile = scaled, compile
        os._exit = _exit  # type: ignore[assignment]


def _scheduler_built(build: Callable[..., None], watch: Watch, building: list[int]) -> Callable[..., None]:
    @functools.wraps(build)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        # a scheduler steps once while it is built; that is no step of the user's
        building[0] += 1
        try:
            build(self, *args, **kwargs)
        finally:
            building[0] -= 1
        if not building[0]:
            watch.scheduler_built(self)

    return __init__


def _scheduler_stepped(step: Callable[..., None], watch: Watch, building: list[int]) -> Callable[..., None]:
    @functools.wraps(step)
    def stepped(self: Any, *args: Any, **kwargs: Any) -> None:
        step(self, *args, **kwargs)
        if not building[0] and watch.listening() and not watch.light:
            watch.steps.scheduled(getattr(self, "optimizer", None))

    return stepped


def install(
    journal: Journal,
    interventions: tuple[Intervention, ...] = (),
    *,
    light: bool,
    original: Callable[[str], str] = str,
    shortening: Shortening | None = None,
) -> Tap:
    """Hooks the tap into torch, in the process that will run the user's script, before its first line.

    `light` keeps the loss curve only; `original` maps a path of the scratch copy to the user's own.
    """
    watch = Watch(journal, Places(original), light=light)
    shortening = shortening or Shortening()
    tap = Tap(watch, Rehearsal(journal, shortening), shortening.iterations, interventions)
    tap.install_for_life()
    for checked in interventions:
        if isinstance(checked, OperationsChecked):
            Finder(journal, watch.places, checked.start).install()
    journal.write(RunStarted(environment()))
    return tap


def environment() -> dict[str, str]:
    """What the report says of the user's interpreter and device."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "cuda": str(torch.version.cuda or ""),
        "threads": str(torch.get_num_threads()),
        "gpus": str(len(os.listdir(DRIVER)) if os.path.isdir(DRIVER) else 0),
        **({} if said is None else {"visible": said.strip()}),
    }
