"""The rehearsal of a run that is too long to be watched: each pass over a loader is ended early, as if it had run out.

The user's loop is none the wiser, and what comes only at the end of an epoch (validation, schedulers, checkpoints, the
second epoch) is seen within the time. Once that is so, nothing is shortened any more. The lengths of loaders stay as
they are: progress bars, schedules and accumulation count by them.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import FrameType, MappingProxyType
from typing import Any

from nndoctor.case import Rehearse, Watching
from nndoctor.trace import PassCut, Trace
from nndoctor.worker.asker import counts_to_its_end, takes_an_end
from nndoctor.worker.journal import Journal

SHARE = 0.8
"""Of the time, what two epochs and their validations may be expected to take before they are shortened."""
FIRST = 1 / 3
"""Of the time left, what the first training pass gets: the probes of the loss curve live on it."""
LATER = 0.05
"""Of the time, what each further training pass gets as long as no validation was seen."""
LOOK = 1 / 8
"""Of the time left, what a pass that does not train gets."""
ENOUGH = 200
"""Iterations of the first training pass, or batches of another, that are enough where a rehearsal is wished for."""
LEAST = 24
"""Batches that every later training pass gets at least, unless time runs out."""
FEWEST = 2
MOST_EPOCHS = 6
"""Training passes that are shortened in search of a validation: some validate only every fifth epoch."""
SILENT = 16
"""Batches without a backward pass that make a pass one that does not train; micro-batches and prefetching are fewer."""
MICRO = 64
"""Backward passes for which the end of an accumulated step is waited for."""


class EnoughSeen(BaseException):
    """Raised in the user's code when a run has made as many backward passes, or epochs, as were asked for."""


@dataclass(frozen=True, slots=True)
class Shortening:
    """What of a run may be left out: all after so many iterations; of its passes, what doesn't fit into `seconds`.

    A rerun ends the same passes at the same batches as the watched run: its `cuts`, by the number of the pass.
    """

    iterations: int | None = None
    seconds: float = math.inf
    when: Rehearse = "never"
    cuts: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(slots=True)
class LoaderPass:
    """One iteration over a loader, numbered in the order of their beginnings; `length` counts batches."""

    number: int
    loader: int | None
    length: int | None
    iterator: weakref.ref[Any]
    start: int
    began: float
    first: float = 0.0
    taken: int = 0
    asked: int = 0
    trains: bool = False
    looks: bool = False
    counted: bool = False
    kept: bool = False
    over: bool = False


class Rehearsal:
    """Decides at every batch whether its pass ends here."""

    def __init__(self, journal: Journal, shortening: Shortening, clock: Callable[[], float] = perf_counter) -> None:
        """The time begins now."""
        self.seen = False
        """Whether two epochs and their validations have passed: from then on nothing is shortened."""
        self._journal = journal
        self._wish = shortening
        self._clock = clock
        self._began = clock()
        self._shortens = shortening.when == "always"
        self._passes = 0
        self._open: list[LoaderPass] = []
        self._backwards = 0
        self._unstepped = 0
        self._epochs = 0
        self._epoch_seconds = 0.0
        self._rounds = 0
        self._round_began: float | None = None
        self._round_seconds = 0.0

    @property
    def is_wished_for(self) -> bool:
        """Whether the user asked for it: then the run ends with it."""
        return self._wish.when == "always"

    @property
    def is_over(self) -> bool:
        """Whether that end is reached."""
        return self.seen and self.is_wished_for

    def went_backward(self) -> None:
        """A backward pass is done."""
        self._backwards += 1
        self._unstepped += 1

    def stepped(self, *_: object) -> None:
        """An optimizer has stepped."""
        self._unstepped = 0

    def begins(self, iterator: Any, length: int | None, loader: int | None) -> LoaderPass:
        """A pass over a loader of so many batches (None: it can't say) begins."""
        for dropped in [one for one in self._open if one.iterator() in (None, iterator)]:
            self.ran_out(dropped)
        number, self._passes = self._passes, self._passes + 1
        one = LoaderPass(number, loader, length, weakref.ref(iterator), self._backwards, self._clock())
        self._open.append(one)
        return one

    def drew(self, one: LoaderPass | None) -> None:
        """A batch was taken from it (None: from one whose beginning was not heard)."""
        if one is not None:
            one.taken += 1
            one.first = one.first or self._clock()

    def ran_out(self, one: LoaderPass | None) -> None:
        """It came to its own end, or was left before."""
        if one is not None and one in self._open:
            self._open.remove(one)
            if one.taken and not one.trains:
                self._was_a_look(one)
            if one.counted:
                self._epoch_seconds = self._clock() - one.began

    def ends(self, one: LoaderPass, asker: FrameType | None) -> bool:
        """Whether the pass ends here, before the next batch, which `asker` asks for."""
        if one.over:
            return True
        one.asked = self._backwards
        if self._wish.when == "never":
            due = self._wish.cuts.get(one.number) == one.taken
        else:
            self._classify(one)
            due = not self.seen and not one.kept and self._due(one)
        if not due or one.taken == one.length:
            return False
        one.over = takes_an_end(asker) and not counts_to_its_end(asker, one.taken)
        one.kept = not one.over
        self._journal.write(PassCut(one.number, one.loader, one.taken, one.length, one.over))
        if one.over:
            self._shortens = True
            self.ran_out(one)
        return one.over

    def _classify(self, one: LoaderPass) -> None:
        """Whether it trains, by the backward passes between its batches; the oldest that does makes the epochs."""
        if one.taken and not one.trains:
            one.trains = self._backwards > one.start
        if not one.trains:
            if one.taken > SILENT:
                self._was_a_look(one)
            return
        if one is not self._leading():
            return
        if self._round_began is not None:
            self._round_seconds = max(self._round_seconds, self._clock() - self._round_began)
            self._round_began = None
        if not one.counted:
            one.counted = True
            self._epochs += 1
            self.seen = (self._epochs > 2 and self._rounds > 1) or self._epochs > MOST_EPOCHS

    def _leading(self) -> LoaderPass | None:
        """The oldest pass that trains, but none that was left without being dropped."""
        return next((one for one in self._open if one.trains and self._backwards - one.asked <= MICRO), None)

    def _was_a_look(self, one: LoaderPass) -> None:
        """A validation, once training has begun; several in a row are one round."""
        if not one.looks and one.start and self._round_began is None:
            self._rounds += 1
            self._round_began = one.began
        one.looks = True

    def _due(self, one: LoaderPass) -> bool:
        """Whether the pass has had its share, and goes beyond the time."""
        if one.taken < FEWEST or not (self._has_had_enough(one) if one.trains else self._was_looked_at(one)):
            return False
        return self._shortens or self._is_too_long(one)

    def _was_looked_at(self, one: LoaderPass) -> bool:
        allowed = LOOK * max(0.0, self._wish.seconds - (one.began - self._began))
        wished = self.is_wished_for and one.taken >= ENOUGH
        return wished or self._clock() - one.began >= allowed

    def _has_had_enough(self, one: LoaderPass) -> bool:
        if one is not self._leading() or 0 < self._unstepped < MICRO:
            return False
        now, seconds = self._clock(), self._wish.seconds
        elapsed = now - self._began
        if self._epochs == 1:
            wished = self.is_wished_for and self._backwards >= ENOUGH
            return wished or now - one.began >= FIRST * (seconds - (one.began - self._began))
        if elapsed >= SHARE * seconds:
            return True
        if one.taken < LEAST:
            return self._rounds == 0 and now - one.began >= LATER * seconds
        if self._rounds == 0 or self.is_wished_for:
            return True
        # what is left beside another round of validations is better spent on training
        return elapsed + 1.5 * self._round_seconds >= (SHARE - LATER) * seconds

    def _is_too_long(self, one: LoaderPass) -> bool:
        """Whether two epochs with their validations would end too late."""
        if one.length is None:
            return True
        now = self._clock()
        each = (now - one.first) / max(1, one.taken - 1)
        ahead = max(0, one.length - one.taken) * each
        if one.trains:
            ahead += one.length * each + self._round_seconds if self._epochs == 1 else 0.0
            ahead += self._round_seconds
        elif one.start and self._rounds < 2:
            ahead += one.length * each + self._epoch_seconds
        return now - self._began + ahead > SHARE * self._wish.seconds


def watching(trace: Trace, when: Rehearse) -> Watching:
    """How a script was watched, for the report."""
    done = [cut for cut in trace.cuts if cut.done]
    if done:
        longest = max(done, key=lambda cut: (cut.of or 0, cut.batches))  # fewer may be taken of it than of another
        return Watching("rehearsed", len(done), longest.batches, longest.of)
    in_vain = bool(trace.cuts) or not trace.loaders
    ran_out = trace.ended is not None and trace.ended.how == "stopped"
    return Watching("unshortened" if ran_out and in_vain and when != "never" else "full")
