"""The calls of the user's models: which trained, which only looked, in which modes, and on what data."""

from __future__ import annotations

import weakref
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn

from nndoctor.seen import BatchSeen, LoaderSeen
from nndoctor.worker.cost import Readings
from nndoctor.worker.images import images_of
from nndoctor.worker.journal import Journal
from nndoctor.worker.layouts import layouts_of
from nndoctor.worker.memory import held_bytes
from nndoctor.worker.models import Known
from nndoctor.worker.places import Places
from nndoctor.worker.stretch import Call, Stretch, kind_of, slept_between
from nndoctor.worker.tensors import found_in, readable, tensor_seen

FINGERPRINTED = 64
"""Iterations at the start whose batches are all fingerprinted; later only the closely watched and the next."""
MOST_TENSORS = 8


class Passes:
    """Follows every call of a model from its start to the verdict: trained on, or only looked at."""

    def __init__(self, journal: Journal, places: Places, readings: Readings) -> None:
        """No call was seen yet."""
        self._readings = readings
        self._journal = journal
        self._places = places
        self.pending: list[Call] = []
        self._stretches: dict[int, Stretch] = {}
        self._looked = 0
        self.loader: LoaderSeen | None = None
        self.drawn: list[tuple[str, Tensor]] = []
        self._drawn_with: list[tuple[str, Tensor]] = []
        self._drawn_before: list[tuple[str, weakref.ref[Tensor]]] = []
        self.passed: Any = None
        self.latest: Call | None = None
        self.bad_target = False

    def drew(self, loader: LoaderSeen | None, batch: Any) -> None:
        """A loader gave a batch, whose tensors are `drawn` now; None: it is not known which one did."""
        self._drawn_before = [(path, weakref.ref(tensor)) for path, tensor in self.drawn]
        self.loader, self.drawn, self._drawn_with = loader, list(found_in(batch)), []

    def _batch_of(self, tensors: list[tuple[str, Tensor]]) -> list[tuple[str, Tensor]]:
        """The batch drawn last; or, where one reads ahead, that before it, if these inputs are of it."""
        if not any(_same(tensor, other) for _, tensor in tensors for _, other in self.drawn):
            before = [(path, tensor) for path, known in self._drawn_before if (tensor := known()) is not None]
            if any(_same(tensor, other) for _, tensor in tensors for _, other in before):
                return before
        return self.drawn

    def begins(self, known: Known, module: nn.Module, given: tuple[Any, ...], iteration: int) -> Call:
        """A call of a model starts; `given` is (args, kwargs)."""
        tensors = list(found_in(given))[:MOST_TENSORS]
        modes = (module.training, torch.is_grad_enabled(), _autocast())
        first = self._stretches.get(known.number)
        place = first.first.place if first is not None and first.first.modes == modes else self._places.here()
        call = Call(known, iteration, modes, known.active(), place, held_bytes(), perf_counter())
        self._mark_feeders(known, tensors)
        call.samples = next((_samples(tensor) for _, tensor in tensors if tensor.dim()), 0)
        drawn = self._drawn_with = self._batch_of(tensors)
        if self.loader is not None and any(_same_batch(tensor, drawn) for _, tensor in tensors):
            call.loader = self.loader.loader
        call.inputs = [weakref.ref(tensor) for _, tensor in tensors]
        self.latest = call
        return call

    def _mark_feeders(self, known: Known, tensors: list[tuple[str, Tensor]]) -> None:
        if not any(tensor.grad_fn is not None for _, tensor in tensors):
            return
        for earlier in self.pending:
            if earlier.known is not known and earlier.graph:
                earlier.known.feeds = True

    def ends(self, call: Call, given: tuple[Any, ...], output: Any, *, close: bool) -> None:
        """The call has returned; its outputs are asked to tell when a gradient comes back."""
        outputs = [tensor for _, tensor in list(found_in(output))[:MOST_TENSORS] if tensor.is_floating_point()]
        for tensor in outputs:
            if tensor.grad_fn is not None:
                call.graph = True
                tensor.register_hook(partial(_gradient_came, call))
        call.after = held_bytes()
        call.outputs = [weakref.ref(tensor) for tensor in outputs]
        looking = not call.graph and self._looked < FINGERPRINTED
        self._looked += looking
        if close or looking or call.iteration < FINGERPRINTED or call.iteration % 11 == 1:
            self._describe(call, given, outputs, fully=close or looking)
        self.pending.append(call)
        if not (call.graph and call.modes[0]):
            self._score_by_labels(call, outputs)

    def _describe(self, call: Call, given: tuple[Any, ...], outputs: list[Tensor], *, fully: bool) -> None:
        tensors = [(path, tensor) for path, tensor in found_in(given) if not tensor.is_nested][:4]
        if not fully and any(tensor.is_cuda for _, tensor in tensors):
            return
        seen = tuple(tensor_seen(path, tensor, fully=fully) for path, tensor in tensors)
        drawn = self._drawn_with
        others = [(path, t) for path, t in drawn if not any(t is u or _same(t, u) for _, u in tensors)][:4]
        if fully and call.graph and not call.known.laid_out:
            call.known.laid_out = True
            for told, (path, tensor) in zip(seen, tensors, strict=True):
                for layout in layouts_of(call.known.number, path, tensor):
                    self._journal.write(layout)
                for images in images_of(call.known.number, told, tensor, drawn):
                    self._journal.write(images)
        call.print = "".join(tensor.fingerprint for tensor in seen)
        call.batch = BatchSeen(
            iteration=call.iteration,
            model=call.known.number,
            training=call.modes[0],
            evaluating=False,
            loader=call.loader,
            inputs=seen,
            output=tensor_seen("output", outputs[0]) if outputs and fully and readable(outputs[0]) else None,
            drawn=tuple(tensor_seen(path, t, fully=fully) for path, t in others) if call.loader is not None else (),
        )

    def _score_by_labels(self, call: Call, outputs: list[Tensor]) -> None:
        """Accuracy of a look, from the labels drawn with the batch; a loss call, if one follows, says it better."""
        if call.loader is None or not outputs or outputs[0].dim() != 2 or outputs[0].shape[1] < 2:
            return
        scores = outputs[0].detach()
        given = [tensor for reference in call.inputs if (tensor := reference()) is not None]
        for _, labels in self._drawn_with:
            # lengths and ids are whole numbers too, but the model is given them
            if _are_labels(labels, scores) and not any(labels is tensor for tensor in given):
                right = scores.argmax(1) == labels.to(scores.device, non_blocking=True)
                self._readings.later(right.double().mean().reshape(1), partial(_scored, call, float(len(labels))))
                return

    def resolve(self, *, all_of_them: bool = False) -> None:
        """After a backward: settles the calls whose fate is known, in order; others wait one backward more."""
        waiting = []
        for call in self.pending:
            call.turns += 1
            if call.used or not call.graph or call.turns > 1 or all_of_them:
                self._settle(call)
            else:
                waiting.append(call)
        self.pending = waiting

    def _settle(self, call: Call) -> None:
        stretch = self._stretches.get(call.known.number)
        if stretch is None or stretch.kind != kind_of(call) or slept_between(stretch.last, call):
            if stretch is not None:
                self._journal.write_thinned(stretch.ended())
            stretch = self._stretches[call.known.number] = Stretch(call)
        stretch.add(call)
        if call.batch is not None:
            self._journal.write_thinned(replace(call.batch, evaluating=not call.used))
        for loss in call.losses:
            self._journal.write_thinned(replace(loss, evaluating=not call.used))
        call.batch, call.losses = None, []

    def behind(self, loss: Any) -> Call | None:
        """The call that a loss is about: the latest, or (a teacher was asked since) the latest that built a graph."""
        if not getattr(loss, "requires_grad", False):
            return self.latest
        return next((call for call in reversed(self.pending) if call.graph), self.latest)

    def graphs_waiting(self) -> int:
        """How many calls have built a graph since the last backward."""
        return sum(call.graph and call.turns == 0 for call in self.pending)

    def models_waiting(self) -> tuple[int, ...]:
        """The models called with a graph since the last backward."""
        return tuple(dict.fromkeys(call.known.number for call in self.pending if call.graph))

    def close(self) -> None:
        """Settles everything and writes the stretches that are still open."""
        self.resolve(all_of_them=True)
        for stretch in self._stretches.values():
            self._journal.write(stretch.ended())
        self._stretches = {}


def _gradient_came(call: Call, _: Tensor) -> None:
    call.used = True


def _scored(call: Call, weight: float, read: list[float]) -> None:
    call.scores.append((None, read[0], weight))


def _samples(tensor: Tensor) -> int:
    """The length of the first axis; a lone vector of numbers is one sample, as a policy is asked for an action."""
    return 1 if tensor.dim() == 1 and tensor.is_floating_point() else tensor.shape[0]


def _same(one: Tensor, other: Tensor) -> bool:
    return (
        one.data_ptr() == other.data_ptr() and one.shape == other.shape if readable(one) and readable(other) else False
    )


def _same_batch(tensor: Tensor, drawn: list[tuple[str, Tensor]]) -> bool:
    """The very tensor that the loader gave, or (copied to a device, reshaped, cast) one of as many samples."""
    return any(
        tensor is other or (tensor.dim() and other.dim() and tensor.shape[0] == other.shape[0]) for _, other in drawn
    )


def _are_labels(labels: Tensor, scores: Tensor) -> bool:
    fits = labels.dim() == 1 and not labels.is_floating_point() and labels.shape[0] == scores.shape[0]
    if not fits or labels.device.type != "cpu":
        return False
    return int(labels.min()) >= 0 and int(labels.max()) < scores.shape[1]


def _autocast() -> str:
    for device in ("cuda", "cpu"):
        if torch.is_autocast_enabled(device):
            return str(torch.get_autocast_dtype(device)).removeprefix("torch.")
    return ""
