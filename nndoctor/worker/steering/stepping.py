"""When optimizers step: after the backward pass that gave them gradients, where the script does not let them."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer, lr_scheduler

from nndoctor.worker.graph import walk
from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked, parameters_of


class Stepping(Steering):
    """Steps an optimizer at the first sign that the script will not do so: it goes on with the next iteration.

    Signs are a cleaning, a scheduler's step and, where the script does not clean after backward passes, a call of a
    model and the next backward pass: else gradients may be accumulated. One that the script was seen to step in time is
    its own affair from then on; steps without fresh gradients are left out.
    """

    needs = "no optimizer whose weights got a gradient without a step"

    def __init__(self) -> None:
        """No optimizer is known yet."""
        super().__init__()
        self._known = Marked()
        self._sound = Marked()
        self._due = Marked()
        self._cleaned = Marked()
        self._trains = False
        self._reached: set[int] = set()
        self._scaler: Any = None

    def install(self, around: Around) -> None:
        """At each of the signs, and round steps."""
        self._around = around
        around.optimizers(self._known.add)
        around.backward(self._backward, self._went_backward)
        around.models(self._called)
        around.cleaning(self._cleans)
        around.stepping(self._stepped)
        for kind in (lr_scheduler.LRScheduler, lr_scheduler.ReduceLROnPlateau):
            kind.step = around.wrapped(kind.step, self._scheduled)
        torch.amp.GradScaler.scale = around.wrapped(torch.amp.GradScaler.scale, self._scaled)

    def _backward(self, loss: Any) -> None:
        self._catch_up(but=self._cleaned)
        self._trains = True
        self._reached = {id(leaf) for leaf in walk(loss).leaves} if isinstance(loss, Tensor) else set()

    def _went_backward(self) -> None:
        for optimizer in self._known:
            held = list(parameters_of([optimizer]))
            fresh = any(id(weight) in self._reached and weight.grad is not None for weight in held)
            if fresh:
                self._due.add(optimizer)

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if torch.is_grad_enabled():
            self._catch_up(but=self._cleaned)
        return call(module, *args, **kwargs)

    def _cleans(self, clean: Any, owner: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(owner, nn.Module) or owner in self._due:
            self._catch_up()
        if self._trains:
            self._cleaned.add(*(self._known if isinstance(owner, nn.Module) else [owner]))
        clean(owner, *args, **kwargs)

    def _scheduled(self, step: Any, *args: Any, **kwargs: Any) -> None:
        self._catch_up()
        step(*args, **kwargs)

    def _scaled(self, scale: Any, scaler: Any, outputs: Any) -> Any:
        self._scaler = scaler if scaler.is_enabled() else None
        return scale(scaler, outputs)

    def _stepped(self, step: Any, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if optimizer in self._due or args or kwargs:  # with a closure the backward pass comes within
            self._sound.add(optimizer)
        elif optimizer not in self._sound:
            self.applied += 1
            return None
        self._due.discard(optimizer)
        return step(optimizer, *args, **kwargs)

    def _catch_up(self, but: Container[Any] = ()) -> None:
        for optimizer in [one for one in self._due if one not in but]:
            self._due.discard(optimizer)
            if optimizer not in self._sound:
                self.applied += 1
                with self._around.at_work():
                    self._step(optimizer)

    def _step(self, optimizer: Optimizer) -> None:
        if self._scaler is None:
            optimizer.step()
            return
        if any(state["stage"].value == 2 for state in self._scaler._per_optimizer_states.values()):
            self._scaler.update()  # by the script it was not, after our last step
        self._scaler.step(optimizer)
