"""The watching of one run: what happens at each hook of the tap. It only looks; dear looks are paid from a purse."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from threading import get_ident
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nndoctor.burden import Burden
from nndoctor.scheduling import SchedulerSeen
from nndoctor.worker.aids import Aids
from nndoctor.worker.attention import Attention
from nndoctor.worker.by_hand import ByHand
from nndoctor.worker.calling import attended
from nndoctor.worker.clippings import Clippings
from nndoctor.worker.cost import CLOSE_ITERATIONS, Readings
from nndoctor.worker.crash import crash_of
from nndoctor.worker.curve import Curve
from nndoctor.worker.dropping import EvalCalls
from nndoctor.worker.elsewhere import Elsewhere, is_functional, tell_forked
from nndoctor.worker.graph import graph_seen
from nndoctor.worker.journal import Journal
from nndoctor.worker.loading import Loading
from nndoctor.worker.losses import Losses, bound
from nndoctor.worker.memory import Memory
from nndoctor.worker.models import Known, Models
from nndoctor.worker.nonfinite import first_nonfinite
from nndoctor.worker.operations import Window
from nndoctor.worker.passes import Passes
from nndoctor.worker.places import Places
from nndoctor.worker.steps import Steps
from nndoctor.worker.tensors import found_in


class Watch:
    """The state of the watching, and what to do at each hook."""

    def __init__(self, journal: Journal, places: Places, *, light: bool) -> None:
        """`light`: only the loss curve, for reruns."""
        self.journal = journal
        self.places = places
        self.light = light
        self.models = Models(journal, places)
        self.readings = Readings()
        self.passes = Passes(journal, places, self.readings)
        self.losses = Losses(journal, places)
        self.curve = Curve(journal, places, self.readings)
        self.steps = Steps(journal, places, self.models, self.readings)
        self.clippings = Clippings(journal, places, self.steps, self.readings)
        self.by_hand = ByHand(journal, self.models)
        self.memory = Memory(journal, places)
        self.loading = Loading(journal, places, self.passes)
        self.window = Window(journal, places, self.models, self.listening)
        self.eval_calls = EvalCalls(journal, places, self.listening, self.window.chased)
        self.elsewhere = Elsewhere(journal, places)
        self.aids = Aids(places)
        self.attention = Attention(light=light)
        self.purse = self.attention.purse
        self.iteration = 0
        self.inside = self.passing = self.forked = self.compiled = self._nonfinite = self.busy = False
        self._slept = self._followed = False
        tell_forked(self._mute)
        self._thread = get_ident()

    def _mute(self) -> None:
        self.forked, self._thread = True, -1

    def listening(self) -> bool:
        """False in forked children (loader workers), in other threads, and while the tap itself calls torch."""
        return not self.busy and get_ident() == self._thread

    @property
    def close(self) -> bool:
        """Is this iteration watched closely?"""
        return self.attention.close

    @property
    def asleep(self) -> bool:
        """Whether this iteration is slept through, but for its loss."""
        return self.attention.asleep

    def _decide(self) -> None:
        """Turns to the iteration that begins, once."""
        if not self.attention.is_new(self.iteration):
            return
        if self.attention.turn_to(self.iteration):
            self.steps.woke()
        with self.purse.paying():
            self.memory.look(self.iteration, closely=self.close and self.iteration >= CLOSE_ITERATIONS)

    def model_called(self, call: Callable[..., Any], module: nn.Module, args: Any, kwargs: Any) -> Any:
        """An outermost call of a module."""
        if self.attention.dozing and (met := self.models.met.get(id(module))) is not None and met[0]() is module:
            # each further question would be a cost at every step of a run of millions
            if met[1] is None:
                return call(module, *args, **kwargs)
            if self._is_usual(met[1]) and self.listening():
                return self._pass_by(call, module, met[1], (args, kwargs))
        if self.light or not self.listening() or is_functional():
            return call(module, *args, **kwargs)
        known = self.models.meet(module)
        if known is None:
            return call(module, *args, **kwargs)
        self._decide()
        if self.attention.asleep and self._is_usual(known):
            return self._pass_by(call, module, known, (args, kwargs))
        self.eval_calls.over()
        self.passing, self._followed = False, True
        return attended(self, call, module, known, (args, kwargs))

    def _is_usual(self, known: Known) -> bool:
        """Whether it is the one call with a graph before a backward: a training call like those before."""
        return known.passed != self.iteration and torch.is_grad_enabled()

    def _pass_by(self, call: Callable[..., Any], module: nn.Module, known: Known, given: tuple[Any, Any]) -> Any:
        if self._followed:
            self.eval_calls.over()
            self._followed = False
        known.passed, self.passing, self.passes.passed = self.iteration, True, given
        self.inside = True
        try:
            return call(module, *given[0], **given[1])
        finally:
            self.inside = False

    def cares_for(self, loss: Any) -> bool:
        """Whether this loss is to be looked at: one of an evaluation, or of a closely watched iteration."""
        if self.passing and getattr(loss, "requires_grad", False):
            return False
        if self.light or not self.listening() or is_functional():
            return False
        self._decide()
        latest = self.passes.latest
        # in eval mode it is no training, though a graph was built
        looking = not getattr(loss, "requires_grad", False) or (latest is not None and not latest.modes[0])
        return self.close or looking

    def loss_called(self, name: str, args: Any, kwargs: Any, value: Any) -> None:
        """One of torch's loss functions returned."""
        given = bound(name, args, kwargs)
        if given is None:
            return
        self.busy = True
        try:
            with self.purse.paying():
                call = self.passes.latest if self.inside else self.passes.behind(value)
                self.losses.called(name, given, value, call, self)
        finally:
            self.busy = False

    def backward_begins(self, loss: Any) -> None:
        """A backward pass is about to run; `loss` is what it starts from."""
        if not self.attention.dozing:
            self._decide()
        if self.attention.asleep and isinstance(loss, Tensor) and loss.numel() == 1:
            self._slept = True
            # below this is the tap's own wrapper, the same for all lines of the user's
            if not self.curve.passes_by(self.iteration, loss, sys._getframe(2)):
                self._became_nonfinite(loss=True, gradient=False)
            return
        began = perf_counter()
        self.window.leave()
        self.readings.poll()
        tensors = [loss] if isinstance(loss, Tensor) else [tensor for _, tensor in found_in(loss)]
        value = tensors[0] if tensors and tensors[0].numel() == 1 else None
        if not self.curve.goes_on(self.iteration, value, sys._getframe(1)):
            self._became_nonfinite(loss=True, gradient=False)
        if self.light:
            return
        self.busy = True
        try:
            if not self.steps.any():
                self.by_hand.begins(loss)
            self.steps.backward_begins(self.iteration)
            self.aids.look()
            if self.close and tensors:
                place = (self.iteration, self.curve.number)
                seen = graph_seen(tensors[0], place, self.models, self.passes.models_waiting())
                self.memory.nodes_of_a_step = min(self.memory.nodes_of_a_step or seen.nodes, seen.nodes)
                self.journal.write_thinned(seen)
        finally:
            self.purse.took(perf_counter() - began, close=self.close)
            self.busy = False

    def backward_ended(self) -> None:
        """The gradients are there."""
        self.iteration += 1
        self.passing, self.passes.passed = False, None
        if self._slept:
            self._slept = False
            self.attention.slept(self.iteration)
            if self.passes.pending:
                self.window.chased.forget()
                self.passes.resolve()
            return
        self.window.chased.forget()
        if self.light:
            return
        began = perf_counter()
        self.by_hand.ended(self.iteration)
        self.passes.resolve()
        if self.passes.latest is None and not self.compiled:
            self.window.functional(self.iteration)
        self.purse.took(perf_counter() - began, close=self.close)

    def step_begins(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """The global pre-hook of every optimizer step."""
        if self.attention.asleep or torch.compiler.is_compiling():
            return
        if not self.listening():
            self.elsewhere.stepped()
            return
        closure = (len(args) > 1 or bool(kwargs)) and any(map(callable, (*args[1:], *kwargs.values())))
        began, self.busy = perf_counter(), True
        try:
            book = self.steps.step_begins(optimizer, close=self.close and not self.light, closure=closure)
            if self.curve.stepped(optimizer, book) and not self.light and (book.pace.due() or self.close):
                with book.pace.taking():
                    sound = self.curve.has_norm(self.steps.gradient_norm(optimizer), book, closure=closure)
                if not sound:
                    self._became_nonfinite(loss=False, gradient=True)
            self.window.mute(deaf=True)
        finally:
            self.purse.took(perf_counter() - began, close=self.close)
            self.busy = False

    def step_ended(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        """The global post-hook of every optimizer step."""
        if torch.compiler.is_dynamo_compiling() or self.busy or get_ident() != self._thread:
            return
        if self.attention.asleep:
            self.steps.passed_by(optimizer, iteration=self.iteration)
            return
        if self.light or torch.compiler.is_compiling():
            return
        self.window.mute(deaf=False)
        began, self.busy = perf_counter(), True
        try:
            self.steps.step_ended(optimizer, iteration=self.iteration)
        finally:
            self.purse.took(perf_counter() - began, close=self.close)
            self.busy = False

    def _became_nonfinite(self, *, loss: bool, gradient: bool) -> None:
        """The first non-finite value was met."""
        if self._nonfinite or self.light:
            return
        self._nonfinite = True
        busy, self.busy = self.busy, True
        try:
            self.passes.bad_target = self.losses.target_is_bad()
            seen = first_nonfinite(self.iteration, self.passes, self.models, loss=loss, gradient=gradient)
            self.journal.write(replace(seen, uncounted=self.losses.target_is_uncounted()))
        finally:
            self.busy = busy

    def scheduler_built(self, scheduler: Any) -> None:
        """A learning rate scheduler was constructed."""
        if not self.light:
            self.journal.write(SchedulerSeen(type(scheduler).__name__, self.places.here()))

    def record_crash(self, error: BaseException) -> None:
        """Writes down the exception that ended the script."""
        self.window.leave()
        self.busy = True
        self.memory.of_gpu()
        self.journal.write(crash_of(error, self.places, self.models, self.iteration, self.loading.extremes()))

    def finish(self) -> None:
        """Writes all that is still held back; may be called more than once."""
        if self.forked:
            return
        self.eval_calls.over()
        self.window.leave()
        self.busy = True
        self.readings.settle()
        self.curve.end_row()
        self.readings.settle()
        if not self.light:
            self.passes.close()
            self.loading.close()
            seen = self.aids.seen(), self.memory.hoards.seen(), self.memory.of_gpu()
            self.journal.write(Burden(self.loading.waits(), *seen))
            self.steps.close(self.iteration)
            self.clippings.close()
            self.elsewhere.close()
            if not self.steps.any():
                self.by_hand.close()
        self.journal.flush()
