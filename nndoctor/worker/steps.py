"""The optimizers: what they hold, in which order they are called, and what each step does to the weights."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.case import Place
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import LayerSample, StepTotals
from nndoctor.worker.cost import Pace, Readings
from nndoctor.worker.journal import Journal
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places

SNAPSHOT_BYTES = 256 << 20
"""Parameters kept as they were at the start, and just before a watched step, up to so much."""
MOST_TOKENS = 400
REPORTED_EVERY = 50
KINDS = ("gradient", "weight", "update", "moved", "start", "spread")
CHECKED = 8
"""So many gradients of an optimizer are looked at to see whether somebody cleaned them by hand."""


@dataclass(slots=True)
class Book:
    """What is kept of one optimizer."""

    number: int
    place: Place | None
    reference: weakref.ref[Optimizer]
    steps: int = 0
    uncleaned: int = 0
    looked: int = 0
    missing: int = 0
    empty: int = 0
    idle: int = 0
    backwards: int = 0
    cleaned: bool = True
    since_step: int = 0
    schedule_early: bool = False
    tokens: list[str] = field(default_factory=list)
    start: dict[str, Tensor] = field(default_factory=dict)
    before: dict[str, Tensor] = field(default_factory=dict)
    norms: dict[str, float] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    doubt: list[bool] | None = None
    doubts: list[list[bool]] = field(default_factory=list)


class Steps:
    """Keeps a book on every optimizer."""

    def __init__(self, journal: Journal, places: Places, models: Models, readings: Readings) -> None:
        """No optimizer is known yet."""
        self._journal = journal
        self._places = places
        self._models = models
        self._readings = readings
        self._books: dict[int, Book] = {}
        self._closed: list[Book] = []

    def built(self, optimizer: Optimizer) -> None:
        """An optimizer was constructed."""
        number = len(self._books) + len(self._closed)
        if id(optimizer) in self._books:
            self._closed.append(self._books[id(optimizer)])
        self._books[id(optimizer)] = Book(number, self._places.here(), weakref.ref(optimizer))

    def book_of(self, optimizer: Optimizer) -> Book:
        """Its book; one is opened for an optimizer whose construction was not seen."""
        book = self._books.get(id(optimizer))
        if book is None or book.reference() is not optimizer:
            self.built(optimizer)
            book = self._books[id(optimizer)]
        return book

    def zeroed(self, optimizer: Optimizer) -> None:
        """Its zero_grad() was called."""
        book = self.book_of(optimizer)
        book.cleaned, book.doubt = True, None
        _note(book, "Z")

    def token(self, letter: str) -> None:
        """Something happened that every optimizer's book notes: F, B."""
        for book in self._books.values():
            _note(book, letter)

    def scheduled(self, optimizer: Optimizer | None) -> None:
        """A scheduler of this optimizer stepped."""
        book = self._books.get(id(optimizer))
        if book is not None:
            book.schedule_early = book.schedule_early or book.steps == 0
            _note(book, "L")

    def backward_begins(self) -> None:
        """Looks whether gradients that nobody was seen to clean are clean all the same; counts the backward."""
        for book in self._books.values():
            optimizer = book.reference()
            if optimizer is None:
                continue
            if book.doubt is not None or (not book.cleaned and book.since_step == 0):
                self._look_for_remains(optimizer, book)
            book.backwards += 1
            book.since_step += 1
            _note(book, "B")
            if book.backwards == 3 and book.steps == 0:
                # one that never steps is gone, as a rule, when the run is closed
                self.describe(optimizer, book, 0)

    def _look_for_remains(self, optimizer: Optimizer, book: Book) -> None:
        """Whether gradients of the step before are still there, though nobody was seen to clean them."""
        gradients = _some_gradients(optimizer)
        # a remainder seen is only a doubt: in a GAN the gradients of one net are dirty while the other's loss goes
        # back, and are cleaned before its own; and on a GPU the answer comes later
        book.cleaned, book.doubt = True, None
        if gradients:
            doubt = book.doubt = [False]
            anything = torch.stack([g.detach().any().double().to(gradients[0].device) for g in gradients])
            self._readings.later(anything, lambda read: doubt.__setitem__(0, any(read)))

    def step_begins(self, optimizer: Optimizer, *, close: bool, closure: bool) -> Book:
        """Just before a step: the gradients are complete, the weights still those that made them."""
        book = self.book_of(optimizer)
        if book.steps == 0 and not book.start:
            book.start = self._copies(optimizer)
        if book.steps and not book.cleaned:
            book.uncleaned += 1
        if not closure:
            book.idle += book.since_step == 0
        if book.doubt is not None:
            book.doubts.append(book.doubt)
            book.doubt = None
        # with a closure zero_grad and backward come within the step
        book.cleaned = closure and book.cleaned
        if close:
            self._weigh(optimizer, book)
        return book

    def step_ended(self, optimizer: Optimizer, *, iteration: int) -> None:
        """Just after a step."""
        book = self.book_of(optimizer)
        book.steps += 1
        book.since_step = 0
        _note(book, "S")
        if book.before:  # weighed before this step; a closure may have gone on by some iterations since
            self._sample(optimizer, book, iteration)
        if book.steps in (1, 3) or book.steps % (REPORTED_EVERY * 10) == 0:
            self.describe(optimizer, book, iteration)
        if book.steps == 3 or book.steps % REPORTED_EVERY == 0:
            self._total(book)

    def gradients(self, optimizer: Optimizer) -> list[Tensor]:
        """The gradients that the optimizer will use; sparse ones by their values."""
        found = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        return [g.coalesce().values() if g.is_sparse else g for g in found]

    @torch.no_grad()
    def gradient_norm(self, optimizer: Optimizer) -> Tensor | None:
        """The global norm of the gradients, on their device; None if there are none."""
        gradients = self.gradients(optimizer)
        if not gradients:
            return None
        device = gradients[0].device
        norms = torch._foreach_norm([g.detach() for g in gradients])
        return torch.stack([norm.to(device, torch.float32) for norm in norms]).norm()

    @torch.no_grad()
    def _copies(self, optimizer: Optimizer) -> dict[str, Tensor]:
        """Copies of the parameters, as many as the memory cap bears."""
        copies, left = {}, SNAPSHOT_BYTES
        for name, parameter in self._named(optimizer):
            left -= parameter.numel() * parameter.element_size()
            if left < 0:
                break
            copies[name] = parameter.detach().clone()
        return copies

    def _named(self, optimizer: Optimizer) -> list[tuple[str, Tensor]]:
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        named = [(self._models.name_of(p), p) for p in parameters if p.is_floating_point()]
        return [(f"{name}#{n}" if name.startswith("?") else name, p) for n, (name, p) in enumerate(named)]

    @torch.no_grad()
    def _weigh(self, optimizer: Optimizer, book: Book) -> None:
        book.before = self._copies(optimizer)
        named = [(name, p) for name, p in self._named(optimizer) if name in book.before]
        graded = [(name, p.grad) for name, p in named if p.grad is not None and not p.grad.is_sparse]
        book.norms = {}
        self._rms("gradient", graded, book)
        self._rms("weight", [(name, p.detach()) for name, p in named], book)

    @torch.no_grad()
    def _sample(self, optimizer: Optimizer, book: Book, iteration: int) -> None:
        named = [(name, p.detach()) for name, p in self._named(optimizer) if name in book.before]
        self._rms("update", [(name, p - book.before[name]) for name, p in named], book)
        self._spread([(name, p) for name, p in named if name in self._models.alike], book)
        moved = [(name, p - book.start[name]) for name, p in named if name in book.start]
        self._rms("moved", moved, book)
        self._rms("start", [(name, book.start[name]) for name, _ in moved], book)
        book.before = {}
        norms, number = book.norms, book.number
        self._readings.later(
            torch.zeros(1, device=named[0][1].device) if named else torch.zeros(1),
            lambda _: self._journal.write_thinned(_layer_sample(iteration, number, norms)),
        )

    def _rms(self, kind: str, named: list[tuple[str, Tensor]], book: Book) -> None:
        """Root mean squares, read when they have arrived, into the book's norms."""
        filled = [(name, tensor) for name, tensor in named if tensor.numel()]
        if not filled:
            return
        device = filled[0][1].device
        norms = torch._foreach_norm([tensor.detach() for _, tensor in filled])
        sizes = [tensor.numel() ** 0.5 for _, tensor in filled]
        values = torch.stack([norm.to(device, torch.float64) for norm in norms])
        into = book.norms

        def arrived(read: list[float]) -> None:
            for (name, _), norm, size in zip(filled, read, sizes, strict=True):
                into[f"{kind} {name}"] = norm / size

        self._readings.later(values, arrived)

    def _spread(self, named: list[tuple[str, Tensor]], book: Book) -> None:
        """How far the rows of weights that began all alike are apart by now."""
        for name, weight in named:
            scale = weight.double().square().mean().sqrt()
            # neighbours, and all but a quarter of them: gates of one recurrent weight may part, its units must
            steps = (weight[1:] - weight[:-1]).flatten(1).abs().amax(1)
            apart = steps.double().quantile(0.75, interpolation="lower")
            relative = torch.where(scale > 0, apart / scale, apart).reshape(1)
            self._readings.later(relative, partial(_note_number, book.norms, f"spread {name}"))

    def describe(self, optimizer: Optimizer, book: Book, iteration: int) -> None:
        """Writes down what the optimizer holds now, by name."""
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self._journal.write(
            OptimizerSeen(
                optimizer=book.number,
                kind=type(optimizer).__name__,
                place=book.place,
                groups=tuple(self._group(group) for group in optimizer.param_groups),
                foreign=sum(not self._models.is_known(p) for p in parameters),
                frozen=sum(not p.requires_grad for p in parameters),
                iteration=iteration,
            )
        )

    def _group(self, group: dict[str, Any]) -> GroupSeen:
        betas = group.get("betas") or (0.0,)
        momentum = group.get("momentum", betas[0])
        rate = group.get("lr", 0.0)
        return GroupSeen(
            learning_rate=float(rate),
            weight_decay=float(group.get("weight_decay") or 0.0),
            momentum=float(momentum or 0.0),
            parameters=tuple(self._models.name_of(p) for p in group["params"]),
        )

    def _total(self, book: Book) -> None:
        self._journal.write(
            StepTotals(
                optimizer=book.number,
                steps=book.steps,
                uncleaned=book.uncleaned + sum(doubt[0] for doubt in book.doubts),
                empty=book.empty,
                looked=book.looked,
                missing=book.missing,
                idle=book.idle,
                backwards=book.backwards,
                schedule_before_step=book.schedule_early,
                tokens="".join(book.tokens),
                place=book.place,
            )
        )

    def close(self, iteration: int) -> None:
        """Writes the final account of every optimizer, those that never stepped too."""
        for book in [*self._closed, *self._books.values()]:
            optimizer = book.reference()
            if optimizer is not None:
                self.describe(optimizer, book, iteration)
            self._total(book)


def _note_number(norms: dict[str, float], key: str, read: list[float]) -> None:
    norms[key] = read[0]


def _note(book: Book, letter: str) -> None:
    if len(book.tokens) < MOST_TOKENS:
        book.tokens.append(letter)


def _some_gradients(optimizer: Optimizer) -> list[Tensor]:
    """Some of the gradients, spread over the parameters; [] if all looked at are None."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    step = max(1, len(parameters) // CHECKED)
    return [p.grad for p in parameters[::step] if p.grad is not None and not p.grad.is_sparse]


def _layer_sample(iteration: int, number: int, norms: dict[str, float]) -> LayerSample:
    kinds: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for key, value in norms.items():
        kind, _, name = key.partition(" ")
        if value == value and abs(value) != float("inf"):  # noqa: PLR0124  (the quick test for NaN)
            kinds[kind][name] = value
    moved = {name: value / kinds["start"][name] for name, value in kinds["moved"].items() if kinds["start"].get(name)}
    return LayerSample(iteration, number, kinds["gradient"], kinds["weight"], kinds["update"], moved, kinds["spread"])
