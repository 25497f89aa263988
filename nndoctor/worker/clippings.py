"""The user's lines that clip gradients: when they are called, on what, and whether there is anything to clip."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import torch
from torch import Tensor
from torch.nn.utils import clip_grad

from nndoctor.case import Place
from nndoctor.clipping import ClippingSeen
from nndoctor.worker.cost import Readings
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places
from nndoctor.worker.steps import Book, Steps
from nndoctor.worker.tensors import finite

LOOKED_UP = 16
"""In so many calls of a line all that it clips is looked for in the optimizers; then only the first and the last."""
NORMS = 1024
REPORTED_EVERY = 50


@dataclass(slots=True)
class Line:
    """What is kept of one line of the user's."""

    number: int
    kind: Literal["norm", "value"]
    place: Place | None
    limit: float
    book: Book | None = None
    calls: int = 0
    idle: int = 0
    strange: int = 0
    scaled: int = 0
    above: int = 0
    norms: list[float] = field(default_factory=list)


class Watching(Protocol):
    """What is to be known of the watch."""

    iteration: int

    @property
    def asleep(self) -> bool:
        """Whether this iteration is slept through."""
        ...

    def listening(self) -> bool:
        """Whether it is the run's own program that calls."""
        ...


class Clippings:
    """Listens to torch's two functions that clip, and to a scaler that divides what was clipped already."""

    def __init__(self, journal: Journal, places: Places, steps: Steps, readings: Readings) -> None:
        """Nothing was clipped yet."""
        self._journal = journal
        self._places = places
        self._steps = steps
        self._readings = readings
        self._lines: dict[tuple[str, Place | None], Line] = {}
        self._last: dict[int, tuple[int, Line]] = {}

    def install(self, watch: Watching) -> None:
        """Round the functions, in iterations that are attended to."""

        def now() -> int | None:
            return watch.iteration if watch.listening() and not watch.asleep else None

        for name, kind in (("clip_grad_norm_", "norm"), ("clip_grad_value_", "value")):
            wrapped = self._wrapped(getattr(clip_grad, name), kind, now)
            setattr(clip_grad, name, wrapped)
            setattr(torch.nn.utils, name, wrapped)
        unscale, compiling = torch.amp.GradScaler.unscale_, torch.compiler.is_compiling

        @functools.wraps(unscale)
        def unscale_(scaler: Any, optimizer: Any) -> None:
            if not compiling() and (iteration := now()) is not None:
                self._unscaled(scaler, optimizer, iteration)
            unscale(scaler, optimizer)

        torch.amp.GradScaler.unscale_ = unscale_  # type: ignore[assignment]

    def _wrapped(self, clip: Callable[..., Any], kind: Any, now: Callable[[], int | None]) -> Callable[..., Any]:
        compiling = torch.compiler.is_compiling

        @functools.wraps(clip)
        def clipped(parameters: Any, limit: Any, *args: Any, **kwargs: Any) -> Any:
            iteration = None if compiling() else now()
            if iteration is None or not self._steps.any():
                return clip(parameters, limit, *args, **kwargs)
            own = [parameters] if isinstance(parameters, Tensor) else list(parameters)
            # torch warns of a generator that is used up, and of nothing else: so it gets one
            norm = clip((one for one in own), limit, *args, **kwargs)
            self._heard(self._line(kind, float(limit)), own, norm, iteration)
            return norm

        names = {"norm": "max_norm", "value": "clip_value"}

        @functools.wraps(clip)
        def called(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            if names[kind] in kwargs:
                return clipped(parameters, kwargs.pop(names[kind]), **kwargs)
            return clipped(parameters, *args, **kwargs)

        return called

    def _line(self, kind: Literal["norm", "value"], limit: float) -> Line:
        place = self._places.here()
        line = self._lines.get((kind, place))
        if line is None:
            line = self._lines[kind, place] = Line(len(self._lines), kind, place, limit)
        return line

    def _heard(self, line: Line, parameters: list[Any], norm: Any, iteration: int) -> None:
        some = parameters if line.calls < LOOKED_UP else [*parameters[:1], *parameters[1:][-1:]]
        line.book = self._steps.holder_of(some)
        line.strange += line.book is None
        line.calls += 1
        if line.book is not None:
            line.idle += line.book.since_step == 0
            self._last[line.book.number] = iteration, line
        if isinstance(norm, Tensor) and len(line.norms) < NORMS:
            self._readings.later(norm.reshape(1), functools.partial(_met, line))
        if line.calls == 3 or line.calls % REPORTED_EVERY == 0:
            self._write(line)

    def _unscaled(self, scaler: Any, optimizer: Any, iteration: int) -> None:
        """A scaler divides gradients by its scale: were they clipped already, since the same backward pass?"""
        book = self._steps.book_of(optimizer)
        when, line = self._last.get(book.number, (-1, None))
        if line is not None and when == iteration and scaler.is_enabled() and scaler._scale is not None:
            self._readings.later(scaler._scale.reshape(1), functools.partial(_divided, line))

    def _write(self, line: Line) -> None:
        norms = sorted(line.norms)
        self._journal.write(
            ClippingSeen(
                number=line.number,
                kind=line.kind,
                place=line.place,
                limit=finite(line.limit),
                optimizer=-1 if line.book is None else line.book.number,
                calls=line.calls,
                idle=line.idle,
                strange=line.strange,
                scaled=line.scaled,
                above=line.above,
                norm=norms[len(norms) // 2] if norms else None,
                high_norm=norms[len(norms) * 9 // 10] if norms else None,
            )
        )

    def close(self) -> None:
        """Writes all that is known."""
        for line in self._lines.values():
            self._write(line)


def _met(line: Line, read: Iterable[float]) -> None:
    for norm in read:
        line.above += not norm <= line.limit
        if finite(norm) is not None:
            line.norms.append(norm)


def _divided(line: Line, scale: Iterable[float]) -> None:
    line.scaled += any(one > 1 for one in scale)
