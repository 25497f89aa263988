"""The optimizers: what they hold, in which order they are called, and what each step does to the weights."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.case import Place
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import StepTotals
from nndoctor.worker.cost import Pace, Readings
from nndoctor.worker.journal import Journal
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places
from nndoctor.worker.weighing import Weighing, parameters_of

MOST_TOKENS = 400
REPORTED_EVERY = 50
SETTLED = 3
NEVER = 3
"""After so many backward passes without a step an optimizer is described all the same."""
CHECKED = 8
"""So many gradients of an optimizer are looked at to see whether somebody cleaned them by hand."""


@dataclass(slots=True)
class Book:
    """What is kept of one optimizer.

    `known`: all that happened since its last step was attended to. `settled`: described once its model was known.
    """

    number: int
    place: Place | None
    reference: weakref.ref[Optimizer]
    weighing: Weighing
    steps: int = 0
    uncleaned: int = 0
    looked: int = 0
    missing: int = 0
    empty: int = 0
    idle: int = 0
    born: int = 0
    cleaned: bool = True
    known: bool = True
    settled: bool = False
    judged: int = 0
    since_step: int = 0
    schedule_early: bool = False
    scheduled: int = 0
    tokens: list[str] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    doubt: list[bool] | None = None
    doubts: list[list[bool]] = field(default_factory=list)


def is_same(one: object, other: Optimizer) -> bool:
    """Whether both are one optimizer, or the one hands on the groups of the other, as those of Accelerate do."""
    groups = getattr(one, "param_groups", None)
    return one is other or (groups is not None and groups is getattr(other, "param_groups", None))


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
        self._backwards = 0

    def built(self, optimizer: Optimizer, iteration: int) -> None:
        """An optimizer was constructed, after so many backward passes."""
        number = len(self._books) + len(self._closed)
        if id(optimizer) in self._books:
            self._closed.append(self._books[id(optimizer)])
        weighing = Weighing(number, self._journal, self._models, self._readings)
        book = Book(number, self._places.here(), weakref.ref(optimizer), weighing, born=iteration)
        self._books[id(optimizer)] = book

    def book_of(self, optimizer: Optimizer) -> Book:
        """Its book; one is opened for an optimizer whose construction was not seen."""
        book = self._books.get(id(optimizer))
        if book is None or book.reference() is not optimizer:
            self.built(optimizer, self._backwards)
            book = self._books[id(optimizer)]
        return book

    def any(self) -> bool:
        """Whether an optimizer was seen at all."""
        return bool(self._books or self._closed)

    def holder_of(self, parameters: Sequence[Tensor]) -> Book | None:
        """The book of the optimizer that holds one of them; as a rule the first or the last is held, if any is."""
        books = [(book, parameters_of(one)) for book in self._books.values() if (one := book.reference()) is not None]
        for parameter in (*parameters[:1], *parameters[:0:-1]):
            for book, held in books:
                if any(parameter is one for one in held):
                    return book
        return None

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
        book = self._books.get(id(optimizer)) or self._wrapped_by(optimizer)
        if book is not None:
            book.scheduled += 1
            book.schedule_early = book.schedule_early or book.steps == 0
            _note(book, "L")

    def _wrapped_by(self, optimizer: Optimizer | None) -> Book | None:
        """The one whose groups that optimizer hands on, as those of Accelerate do."""
        known = ((book, book.reference()) for book in self._books.values())
        return next((book for book, own in known if own is not None and is_same(optimizer, own)), None)

    def woke(self) -> None:
        """Iterations were passed by: what happened since the last steps is not known."""
        for book in self._books.values():
            book.cleaned, book.known, book.doubt = True, False, None

    def backward_begins(self, iteration: int) -> None:
        """Looks whether gradients that nobody was seen to clean are clean all the same; counts the backward."""
        self._backwards = iteration + 1
        for book in self._books.values():
            optimizer = book.reference()
            if optimizer is None:
                continue
            if book.doubt is not None or (not book.cleaned and book.since_step == 0):
                self._look_for_remains(optimizer, book)
            book.since_step += 1
            _note(book, "B")
            if self._backwards - book.born == NEVER and book.steps == 0:
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
        if book.steps == 0:
            book.weighing.begins(optimizer)
        if book.known:
            book.judged += 1
            book.uncleaned += bool(book.steps and not book.cleaned)
            book.idle += not closure and book.since_step == 0
            if book.doubt is not None:
                book.doubts.append(book.doubt)
        # with a closure zero_grad and backward come within the step
        book.cleaned, book.known, book.doubt = closure and book.cleaned, True, None
        if close:
            book.weighing.before(optimizer)
        return book

    def step_ended(self, optimizer: Optimizer, *, iteration: int) -> None:
        """Just after a step."""
        book, self._backwards = self.book_of(optimizer), iteration
        book.steps += 1
        book.since_step = 0
        _note(book, "S")
        book.weighing.after(optimizer, iteration)
        if book.steps == 1 or not book.settled or book.steps % (REPORTED_EVERY * 10) == 0:
            book.settled = book.steps >= SETTLED
            self.describe(optimizer, book, iteration)
        if book.steps == SETTLED or book.steps % REPORTED_EVERY == 0:
            self._total(book)

    def passed_by(self, optimizer: Optimizer, *, iteration: int) -> None:
        """A step of an iteration that is not attended to: it is counted, and written down now and then."""
        book = self._books.get(id(optimizer))
        if book is None or not book.settled or book.steps % REPORTED_EVERY == REPORTED_EVERY - 1:
            self.step_ended(optimizer, iteration=iteration)
        else:
            book.steps += 1

    def gradients(self, optimizer: Optimizer) -> list[Tensor]:
        """The gradients that the optimizer will use; sparse ones by their values."""
        found = [p.grad for p in parameters_of(optimizer) if p.grad is not None]
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

    def describe(self, optimizer: Optimizer, book: Book, iteration: int) -> None:
        """Writes down what the optimizer holds now, by name."""
        parameters = parameters_of(optimizer)
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
            maximize=bool(group.get("maximize")),
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
                judged=book.judged,
                backwards=self._backwards - book.born,
                schedule_before_step=book.schedule_early,
                scheduled=book.scheduled,
                tokens="".join(book.tokens),
                place=book.place,
            )
        )

    def close(self, iteration: int) -> None:
        """Writes the final account of every optimizer, those that never stepped too."""
        self._backwards = iteration
        for book in [*self._closed, *self._books.values()]:
            optimizer = book.reference()
            if optimizer is not None:
                self.describe(optimizer, book, iteration)
            self._total(book)


def _note(book: Book, letter: str) -> None:
    if len(book.tokens) < MOST_TOKENS:
        book.tokens.append(letter)


def _some_gradients(optimizer: Optimizer) -> list[Tensor]:
    """Some of the gradients, spread over the parameters; [] if all looked at are None."""
    parameters = parameters_of(optimizer)
    step = max(1, len(parameters) // CHECKED)
    return [p.grad for p in parameters[::step] if p.grad is not None and not p.grad.is_sparse]
