"""What the watching may cost: a purse of time, and readings of a GPU that never make the user's program wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time

import torch
from torch import Tensor

SHARE = 0.003
"""Of the run's time, what samples may take; the goal for all of the watching is 2 %."""
GRACE = 1.0
"""Seconds of sampling that a short script bears, whatever its length."""
LATER = 1.4
"""The last close look of a run comes in its last third all the same: what a network has learnt shows at the end."""
CLOSE_ITERATIONS = 3
ATTENDED_ITERATIONS = 512
"""So many iterations at the start are all attended to."""
ATTENDED_SHARE = 0.003
ATTENDED_GRACE = 0.25
"""Seconds that this may take in all before steps, however slow, are passed by."""
WINDOW = 128
"""Iterations over which the time of a step is measured."""
EVERY = 11
"""A prime, so that it meets each of the steps of a loop that takes turns (a GAN, accumulation)."""


class Purse:
    """Keeps the sampled part of the watching within its share of the run's time."""

    def __init__(self) -> None:
        """The clock starts now."""
        self.began = perf_counter()
        self.spent = 0.0
        self.attention = 0.0
        self._attended = 0.0
        self._cost = 0.0
        self._stride = 1
        self._paced = (0, self.began)
        self._looked = 0

    def wakes_at(self, iteration: int) -> int:
        """The next iteration, this one or a later, that is watched beyond its loss: of fast steps only now and then."""
        self._pace(iteration)
        if iteration < ATTENDED_ITERATIONS and self._attended < ATTENDED_GRACE:
            return iteration
        # by a hash, not by a fixed period, which could miss one side of a loop that takes turns
        return iteration + (iteration * 2654435761 >> 12) % (2 * self._stride - 1)

    def _pace(self, iteration: int) -> None:
        """What iterations took to watch, against what a step takes: how many are to be passed by."""
        if self.attention:
            self._cost += (self.attention - self._cost) / 8
            self._attended += self.attention
            self.attention = 0.0
        begun, since = self._paced
        if iteration - begun >= WINDOW:
            now = perf_counter()
            step, self._paced = (now - since) / (iteration - begun), (iteration, now)
            self._stride = 1 + int(self._cost / (ATTENDED_SHARE * step + 1e-9))

    def allows(self, iteration: int) -> bool:
        """Whether another sample can be afforded; when money gets short, only ever farther from the one before."""
        debt = self.spent - SHARE * (perf_counter() - self.began)
        return debt <= GRACE / 2 or (debt <= 2 * GRACE and iteration >= LATER * self._looked)

    def close_look_at(self, iteration: int) -> bool:
        """Whether a close look at this iteration is due, every eleventh, and can be afforded."""
        due = iteration % EVERY == 0 if self._stride == 1 else iteration >= self._looked + EVERY
        close = due and self.allows(iteration)
        if close:
            self._looked = iteration
        return close

    @contextmanager
    def paying(self) -> Iterator[None]:
        """Puts the time of the block on the bill."""
        began = perf_counter()
        try:
            yield
        finally:
            self.took(perf_counter() - began, close=True)

    def took(self, seconds: float, *, close: bool) -> None:
        """Watching took so long: of a close look, or of an iteration that is merely attended to."""
        if close:
            self.spent += seconds
        else:
            self.attention += seconds


class Pace:
    """How often something can be afforded at every step, given what it and a step take: every time, or every k-th."""

    MOST = 16
    SHARE = 0.003
    AT_FIRST = 32

    def __init__(self) -> None:
        """Nothing was measured yet."""
        self._count = 0
        self._cost = 0.0
        self._step = 0.0
        self._last = 0.0

    def due(self) -> bool:
        """Whether it is to be done this time; to be asked once a step."""
        now = perf_counter()
        if self._last:
            self._step += 0.1 * (now - self._last - self._step)
        self._last = now
        self._count += 1
        if self._count <= self.AT_FIRST:
            return True
        stride = min(self.MOST, 1 + int(self._cost / (self.SHARE * self._step + 1e-9)))
        return self._count % stride == 0

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Takes note of what the block takes."""
        began = perf_counter()
        yield
        seconds = perf_counter() - began
        self._cost += 0.1 * (seconds - self._cost) if self._cost else seconds


class Doublings:
    """When a look at all the objects of the process is due: at each doubling of the iterations, but not too often."""

    FREE_LOOKS = 3
    FREE_SECONDS = 0.25
    APART = 10
    """Times what the last look took must pass before the next, when those that are free are spent."""

    def __init__(self, first: int) -> None:
        """Due at iteration `first` for the first time."""
        self._next = first
        self._looks = 0
        self._spent = self._last = self._ended = 0.0

    def due(self, iteration: int) -> bool:
        """Whether to look at this iteration."""
        if iteration < self._next:
            return False
        free = self._looks < self.FREE_LOOKS or self._spent + self._last < self.FREE_SECONDS
        return free or perf_counter() - self._ended >= self.APART * self._last

    @contextmanager
    def taking(self, iteration: int) -> Iterator[None]:
        """Takes note of what the look takes of the processor's time: what others do on the machine is not its fault."""
        began = thread_time()
        yield
        self._last = thread_time() - began
        self._spent += self._last
        self._looks += 1
        self._next, self._ended = max(iteration + 1, 2 * iteration), perf_counter()


class Readings:
    """Reads numbers off tensors: at once on the CPU; on a GPU when they have arrived, without a synchronisation."""

    def __init__(self) -> None:
        """Nothing is waited for."""
        self._waiting: deque[tuple[torch.cuda.Event, Tensor, Callable[[list[float]], None]]] = deque()

    def later(self, values: Tensor, then: Callable[[list[float]], None]) -> None:
        """Calls `then` with the one-dimensional tensor's values, now or at a later `poll`."""
        values = values.detach()
        if values.device.type != "cuda":
            then(values.tolist())
            return
        with self._unless_failed():
            landed = torch.empty(values.shape, dtype=torch.float64, pin_memory=True)
            landed.copy_(values.double(), non_blocking=True)
            event = torch.cuda.Event()
            event.record()
            self._waiting.append((event, landed, then))
        self.poll()

    def poll(self) -> None:
        """Hands on what has arrived, in order."""
        with self._unless_failed():
            while self._waiting and self._waiting[0][0].query():
                _, landed, then = self._waiting.popleft()
                then(landed.tolist())

    def settle(self) -> None:
        """Waits for all that is still on its way: only at the end of the run."""
        with self._unless_failed():
            while self._waiting:
                event, landed, then = self._waiting.popleft()
                event.synchronize()
                then(landed.tolist())

    @contextmanager
    def _unless_failed(self) -> Iterator[None]:
        """After a device-side assert nothing arrives any more; the user's own next call shall say so, not we."""
        try:
            yield
        except RuntimeError:
            self._waiting.clear()
