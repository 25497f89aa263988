"""Training where the tap can't look (functional, in other threads or processes): noted, and said to be so."""

from __future__ import annotations

import functools
import multiprocessing.process
import os
import sys
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch

from nndoctor.trace import Unwatched
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places

_TORCH = os.path.dirname(torch.__file__) + os.sep
_FUNCTIONAL = os.path.join(_TORCH, "_functorch", "")
_STARTERS = tuple(os.path.join(_TORCH, part, "") for part in ("multiprocessing", "distributed"))
"""Parts of torch that start processes for the user's training; others (loaders, the compiler) start their own."""
_DERIVING = (torch._C._functorch.TransformType.Grad, torch._C._functorch.TransformType.Jvp)
_peek = torch._C._functorch.peek_interpreter_stack
_PYTHONS = ("python", "torchrun", "accelerate", "deepspeed")


def is_functional() -> bool:
    """Whether torch.func differentiates what runs now: it trains without a backward pass, or only looks."""
    if _peek() is None:
        return False
    levels = torch._C._functorch.get_interpreter_stack() or ()
    return any(level.key() in _DERIVING for level in levels)


def tell_forked(hear: Callable[[], None]) -> None:
    """Calls that method in every forked child. What is registered stays so for ever: it keeps nothing alive."""
    known = weakref.WeakMethod(hear)

    def forked() -> None:
        hearer = known()
        if hearer is not None:
            hearer()

    os.register_at_fork(after_in_child=forked)


class Elsewhere:
    """Counts what goes on out of sight."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """Nothing was noted yet."""
        self._journal = journal
        self._places = places
        self._process = os.getpid()
        self._thread = threading.get_ident()
        self._told = False
        self._seen: dict[str, Unwatched] = {}

    def install(self) -> None:
        """Hears of gradients taken as values, and of processes started."""
        take, start = torch.autograd.grad, multiprocessing.process.BaseProcess.start

        @functools.wraps(take)
        def grad(*args: Any, **kwargs: Any) -> Any:
            result = take(*args, **kwargs)
            if not torch.compiler.is_compiling():
                self._taken(sys._getframe(1).f_code.co_filename)
            return result

        @functools.wraps(start)
        def started(process: Any) -> None:
            start(process)
            if (getattr(process, "_start_method", None) or multiprocessing.get_start_method()) != "fork":
                self._started(sys._getframe(1))

        torch.autograd.grad = grad
        multiprocessing.process.BaseProcess.start = started  # type: ignore[assignment]
        sys.addaudithook(self._hear)

    def _taken(self, caller: str) -> None:
        if caller.startswith(_FUNCTIONAL):
            self.happened("functional")
        elif not caller.startswith(_TORCH):
            # under a mode of torch's the call comes by a second time, from within torch
            self.happened("gradients")

    def happened(self, kind: str) -> None:
        """One more of that kind; written at every doubling, and at the end."""
        if os.getpid() != self._process:
            return
        before = self._seen.get(kind)
        place = before.place if before is not None else self._places.here()
        now = self._seen[kind] = Unwatched(kind, before.count + 1 if before is not None else 1, place)
        if now.count & (now.count - 1) == 0:
            self._journal.write(now)

    def stepped(self) -> None:
        """An optimizer stepped that is not ours to watch, if it did so in another thread or in a forked process."""
        if os.getpid() == self._process:
            if threading.get_ident() != self._thread:
                self.happened("thread")
        elif not self._told:
            # the journal is the parent's, so one line must do
            self._told = True
            self._journal.write_from_child(Unwatched("child", 1, self._places.here()))

    def close(self) -> None:
        """Writes the last counts."""
        for seen in self._seen.values():
            self._journal.write(seen)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event != "subprocess.Popen":
            return
        command = arguments[1] if isinstance(arguments[1], str | bytes) else next(iter(arguments[1] or ()), "")
        name = os.path.basename(os.fsdecode(command).split(" ")[0])
        if name.startswith(_PYTHONS):
            self._started(sys._getframe(1))

    def _started(self, frame: FrameType | None) -> None:
        """A Python program started by this call; loaders and the compiler start theirs from within torch."""
        while frame is not None and not self._places.is_user(frame.f_code.co_filename):
            file = frame.f_code.co_filename
            if file.startswith(_TORCH) and not file.startswith(_STARTERS):
                return
            frame = frame.f_back
        if frame is not None:
            self.happened("process")
