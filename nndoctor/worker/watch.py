"""The watching of one run: what happens at each hook of the tap, from the first model call to the last step.

Everything here only looks. What costs more than a few microseconds is done on closely watched iterations alone and
paid from a purse (see `cost`).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nndoctor.probe import Intervention
from nndoctor.seen import ForwardSeen, GraphSeen, SchedulerSeen
from nndoctor.trace import BackwardSite, Iteration
from nndoctor.worker import graph
from nndoctor.worker.cost import CLOSE_ITERATIONS, Purse, Readings
from nndoctor.worker.crash import crash_of
from nndoctor.worker.intervention import Steered
from nndoctor.worker.journal import Journal
from nndoctor.worker.loading import Loading
from nndoctor.worker.losses import Losses, bound
from nndoctor.worker.memory import Memory
from nndoctor.worker.models import Known, Models
from nndoctor.worker.nonfinite import first_nonfinite
from nndoctor.worker.operations import Operations
from nndoctor.worker.passes import Passes
from nndoctor.worker.places import Places
from nndoctor.worker.steps import Book, Steps
from nndoctor.worker.tensors import found_in, tensor_seen

FORWARDS_WATCHED = 6
DESCRIBED_AN_ITERATION = 4
"""Of the calls between two backward passes (a whole validation, perhaps) so many are described in full."""


class Watch:
    """The state of the watching, and what to do at each hook."""

    def __init__(self, journal: Journal, places: Places, intervention: Intervention | None, *, light: bool) -> None:
        """`light`: only the loss curve, for reruns."""
        self.journal = journal
        self.places = places
        self.light = light
        self.compiled = False
        self.models = Models(journal, places)
        self.passes = Passes(journal, places)
        self.losses = Losses(journal, places)
        self.readings = Readings()
        self.steps = Steps(journal, places, self.models, self.readings)
        self.memory = Memory(journal, places)
        self.steered = Steered(intervention)
        self.loading = Loading(journal, places, self.passes)
        self.purse = Purse()
        self.iteration = 0
        self.close = True
        self.inside = False
        self._began = perf_counter()
        self._process = os.getpid()
        self._thread = threading.get_ident()
        self._row: dict[str, Any] | None = None
        self._curves: dict[tuple[str, int], int] = {}
        self._forwards = 0
        self._scaled: tuple[Tensor, Tensor] | None = None
        self._nonfinite = False
        self._busy = False
        self._decided = -1
        self._described = 0

    def listening(self) -> bool:
        """False in forked children (loader workers), in other threads, and while the tap itself calls torch."""
        return not self._busy and threading.get_ident() == self._thread and os.getpid() == self._process

    def _decide(self) -> None:
        """Once an iteration, before its forward: is it watched closely?"""
        if self._decided == self.iteration:
            return
        self._decided, self._described = self.iteration, 0
        self.close = not self.light and self.purse.close_look_at(self.iteration)
        if self.close and self.iteration >= CLOSE_ITERATIONS:
            with self.purse.paying():
                self.memory.look(self.iteration)

    def describes(self) -> bool:
        """Whether this call is to be described in full."""
        self._described += self.close
        return self.close and self._described <= DESCRIBED_AN_ITERATION

    # models

    def model_called(self, call: Callable[..., Any], module: nn.Module, args: Any, kwargs: Any) -> Any:
        """An outermost call of a module."""
        if self.light or not self.listening():
            return call(module, *args, **kwargs)
        known = self.models.meet(module)
        if known is None:
            return call(module, *args, **kwargs)
        given = (args, kwargs)
        self._decide()
        begun = self.passes.begins(known, module, given, self.iteration)
        self.steps.token("F")
        self.inside = True
        try:
            output = self._forward(call, module, known, given)
        finally:
            self.inside = False
        with self.purse.paying():
            self._busy = True
            try:
                self.passes.ends(begun, given, output, close=self.describes())
            finally:
                self._busy = False
        return output

    def _forward(self, call: Callable[..., Any], module: nn.Module, known: Known, given: tuple[Any, Any]) -> Any:
        args, kwargs = given
        watch = self.close and self._forwards < FORWARDS_WATCHED and torch.is_grad_enabled()
        # a mode would break compiled graphs, and traced ones
        if not watch or known.compiled or self.compiled or torch._C._get_tracing_state() is not None:
            return call(module, *args, **kwargs)
        self._forwards += 1
        operations = Operations(self.places)
        try:
            with operations:
                return call(module, *args, **kwargs)
        finally:
            self.journal.write(ForwardSeen(known.number, self.iteration, tuple(operations.seen)))

    def loss_called(self, name: str, args: Any, kwargs: Any, value: Any) -> None:
        """One of torch's loss functions returned."""
        given = None if self.light else bound(name, args, kwargs)
        if given is None:
            return
        self._decide()
        self._busy = True
        try:
            with self.purse.paying():
                self.losses.called(name, given, value, self.passes.latest, self)
        finally:
            self._busy = False

    # backward

    def backward_begins(self, loss: Any) -> None:
        """A backward pass is about to run; `loss` is what it starts from."""
        self._finish_row()
        self._decide()
        self.readings.poll()
        tensors = [tensor for _, tensor in found_in(loss)]
        self._row = {
            "index": self.iteration,
            "seconds": perf_counter() - self._began,
            "loss": None,
            "curve": self._curve(),
        }
        if tensors and tensors[0].numel() == 1:
            self._read_loss(self._row, self._unscaled(tensors[0]))
        if self.light:
            return
        self._busy = True
        try:
            self.steps.backward_begins()
            if self.close and tensors:
                with self.purse.paying():
                    self._graph(tensors[0])
        finally:
            self._busy = False

    def _unscaled(self, loss: Tensor) -> Tensor:
        if self._scaled is not None and self._scaled[0] is loss:
            return self._scaled[1]
        return loss.detach()

    def _read_loss(self, row: dict[str, Any], loss: Tensor) -> None:
        def arrived(read: list[float]) -> None:
            row["loss"] = read[0] if abs(read[0]) < float("inf") else None
            row["read"] = True

        row["read"] = False
        self.readings.later(loss.reshape(1), arrived)
        if row["read"] and row["loss"] is None:
            self._became_nonfinite(loss=True, gradient=False)

    def _curve(self) -> int:
        frame = _caller(sys._getframe(2))
        key = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
        number = self._curves.get(key)
        if number is None:
            number = self._curves[key] = len(self._curves)
            self.journal.write(BackwardSite(number, self.places.here()))
        return number

    def _graph(self, loss: Tensor) -> None:
        found = graph.walk(loss)
        names = {self.models.name_of(leaf) for leaf in found.leaves}
        waiting = self.passes.models_waiting()
        trainable = {name for number in waiting for name, _ in self.models.trainable_of(number)}
        seen = (
            graph.activation_seen(node, self.models.name_of) for node in found.activations[: graph.MOST_ACTIVATIONS]
        )
        output, target = graph.saved(found.head_node, "self"), graph.saved(found.head_node, "target")
        self.journal.write_thinned(
            GraphSeen(
                iteration=self.iteration,
                curve=self._curve(),
                head=found.head,
                before=found.before,
                reached=tuple(sorted(names)),
                unreached=tuple(sorted(trainable - names)),
                nodes=found.nodes,
                models=waiting,
                activations=tuple(activation for activation in seen if activation is not None),
                input=tensor_seen("input", output) if isinstance(output, Tensor) else None,
                target=tensor_seen("target", target) if isinstance(target, Tensor) else None,
            )
        )

    def backward_ended(self) -> None:
        """The gradients are there."""
        if not self.light:
            self.passes.resolve()
        self.iteration += 1
        self._scaled = None

    def _finish_row(self) -> None:
        """Writes the line of the iteration before, complete with its step; decides how close to look at this one."""
        row, self._row = self._row, None
        if row is None:
            return
        if not row.pop("read", True):
            self.readings.later(torch.zeros(1, device="cuda"), lambda _: self._write_row(row))
        else:
            self._write_row(row)

    def _write_row(self, row: dict[str, Any]) -> None:
        row.pop("read", None)
        self.journal.write_thinned(Iteration(**row))

    # optimizer

    def step_begins(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """The global pre-hook of every optimizer step."""
        if not self.listening():
            return
        self._busy = True
        try:
            closure = any(callable(extra) for extra in (*args[1:], *kwargs.values()))
            book = self.steps.step_begins(optimizer, close=self.close and not self.light, closure=closure)
            row = self._row
            if row is not None and "optimizer" not in row:
                row["optimizer"] = book.number
                rate = optimizer.param_groups[0].get("lr", 0.0)
                row["learning_rate"] = None if isinstance(rate, Tensor) and rate.is_cuda else float(rate)
                self._read_norm(row, optimizer, book)
            self.steered.step_begins(optimizer)
        finally:
            self._busy = False

    def _read_norm(self, row: dict[str, Any], optimizer: Optimizer, book: Book) -> None:
        norm = None if self.light else self.steps.gradient_norm(optimizer)
        if norm is None:
            book.empty += not self.light
            return

        def arrived(read: list[float]) -> None:
            sound = abs(read[0]) < float("inf")
            row["gradient_norm"], row["gradient_finite"] = (read[0] if sound else None), sound
            book.empty += read[0] == 0.0

        self.readings.later(norm.reshape(1), arrived)
        if row.get("gradient_finite") is False:
            self._became_nonfinite(loss=row["loss"] is None, gradient=True)

    def step_ended(self, optimizer: Optimizer) -> None:
        """The global post-hook of every optimizer step."""
        if not self.listening():
            return
        self.steered.step_ended()
        if self.light:
            return
        self._busy = True
        try:
            with self.purse.paying():
                self.steps.step_ended(optimizer, close=self.close, iteration=self.iteration)
        finally:
            self._busy = False

    # the first non-finite value

    def _became_nonfinite(self, *, loss: bool, gradient: bool) -> None:
        if self._nonfinite or self.light:
            return
        self._nonfinite = True
        busy, self._busy = self._busy, True
        try:
            self.journal.write(first_nonfinite(self.iteration, self.passes, self.models, loss=loss, gradient=gradient))
        finally:
            self._busy = busy

    # loaders, schedulers, scaler

    def scheduler_built(self, scheduler: Any) -> None:
        """A learning rate scheduler was constructed."""
        if not self.light:
            self.journal.write(SchedulerSeen(type(scheduler).__name__, self.places.here()))

    def loss_scaled(self, loss: Any, scaled: Any) -> None:
        """A GradScaler multiplied the loss; the curve shows it as it was."""
        if isinstance(loss, Tensor) and isinstance(scaled, Tensor):
            self._scaled = (scaled, loss.detach())

    # the end

    def record_crash(self, error: BaseException) -> None:
        """Writes down the exception that ended the script."""
        self._busy = True
        self.journal.write(crash_of(error, self.places, self.models, self.iteration))

    def finish(self) -> None:
        """Writes all that is still held back; may be called more than once."""
        if os.getpid() != self._process:
            return
        self._busy = True
        self.readings.settle()
        self._finish_row()
        self.readings.settle()
        if not self.light:
            self.passes.close()
            self.steps.close(self.iteration)


def _caller(frame: FrameType | None) -> FrameType | None:
    """The frame that called backward: the first that is neither torch's nor ours."""
    while frame is not None and frame.f_code.co_filename.startswith((_TORCH, _WORKER)):
        frame = frame.f_back
    return frame


_TORCH = os.path.dirname(torch.__file__) + os.sep
_WORKER = os.path.dirname(__file__) + os.sep
