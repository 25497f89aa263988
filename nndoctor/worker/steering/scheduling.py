"""When learning rate schedulers step: after every so many steps of their optimizer, whatever the script asks."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LRScheduler

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steps import is_same


class OtherPace(Steering):
    """Leaves the script's calls of `scheduler.step()` out and makes them itself; those that want a metric stay.

    A scheduler steps once within its own making, and one of several calls the others: that is let through.
    """

    needs = "no scheduler that the script steps"

    def __init__(self, every: float) -> None:
        """`every`: so many steps of the optimizer to one of its schedulers; below 1, several of those to each."""
        super().__init__()
        self._every = max(1, round(every))
        self._times = max(1, round(1 / every))
        self._made: dict[int, int] = {}
        self._asked: dict[int, tuple[weakref.ref[Any], Callable[..., Any]]] = {}
        self._within = False

    def install(self, around: Around) -> None:
        """Round the making and the steps of schedulers, and after steps of optimizers."""
        kinds = {kind for kind in vars(lr_scheduler).values() if isinstance(kind, type)}
        for kind in [one for one in kinds if issubclass(one, LRScheduler)]:
            if kind.__name__ != "ReduceLROnPlateau":
                if "step" in vars(kind):
                    kind.step = around.wrapped(vars(kind)["step"], self._stepped)
                if "__init__" in vars(kind):
                    kind.__init__ = around.wrapped(vars(kind)["__init__"], self._built)
        around.steps(lambda _: None, self._optimizer_stepped)

    def _built(self, build: Any, *args: Any, **kwargs: Any) -> None:
        before, self._within = self._within, True
        try:
            build(*args, **kwargs)
        finally:
            self._within = before

    def _stepped(self, step: Any, scheduler: Any, *args: Any, **kwargs: Any) -> None:
        if self._within:
            step(scheduler, *args, **kwargs)
            return
        self.applied += 1
        if id(scheduler) not in self._asked:
            # one that the script never steps is left alone, so what it missed until now is made up for
            self._asked[id(scheduler)] = weakref.ref(scheduler), step
            made = self._made.get(id(getattr(scheduler, "optimizer", None)), 0)
            for _ in range(made // self._every * self._times):
                self._step(step, scheduler)

    def _optimizer_stepped(self, optimizer: Optimizer) -> None:
        made = self._made[id(optimizer)] = self._made.get(id(optimizer), 0) + 1
        for reference, step in list(self._asked.values()) if made % self._every == 0 else ():
            scheduler = reference()
            if scheduler is not None and is_same(getattr(scheduler, "optimizer", None), optimizer):
                for _ in range(self._times):
                    self._step(step, scheduler)

    def _step(self, step: Callable[..., Any], scheduler: Any) -> None:
        self._within = True
        try:
            step(scheduler)
        finally:
            self._within = False
