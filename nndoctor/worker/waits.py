"""How long the loop waits for each batch, and what it does with its time between two of them."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from time import perf_counter, thread_time
from typing import Any, NamedTuple

import torch

from nndoctor.burden import WaitWindow
from nndoctor.worker.tensors import found_in

FIRST = 2
"""Draws of each pass that don't count: workers start, and fill their queues."""
MOST = 4096
"""So many draws are remembered; of longer runs the later half, again and again, every second, fourth, ..."""
WINDOWS = 4
FEWEST = 5
"""Draws that make a window."""
ASKED = 8
"""Every so-many-th wait a GPU is asked whether it has run out of work."""


class _Draw(NamedTuple):
    """One batch: seconds waited for it; since the one before, and those of them computed; its samples; GPU idle."""

    waited: float
    between: float
    computed: float
    samples: int
    idle: bool | None


class Waits:
    """The waits for one loader's batches."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: deque[_Draw] = deque(maxlen=MOST)
        self._count = 0
        self._in_pass = 0
        self._began = self._left = 0.0
        self._computed = self._left_computed = 0.0
        self._event: Any = None

    def passes(self) -> None:
        """A pass over the loader begins."""
        self._in_pass = 0

    def begins(self) -> None:
        """The loop asks for a batch."""
        self._event = None
        if self._count % ASKED == 0 and torch.cuda.is_initialized():
            # after a device-side assert the user's own next call shall say so, not we
            with suppress(RuntimeError):
                event = torch.cuda.Event()
                event.record()
                self._event = event
        self._began, self._computed = perf_counter(), thread_time()

    def ends(self, batch: Any) -> None:
        """The loop has got it."""
        now = perf_counter()
        self._count += 1
        self._in_pass += 1
        if self._in_pass > FIRST:
            between, computed = self._began - self._left, self._computed - self._left_computed
            self._kept.append(_Draw(now - self._began, between, computed, _samples(batch), self._idle()))
        self._left, self._left_computed = now, thread_time()

    def _idle(self) -> bool | None:
        with suppress(RuntimeError):
            return bool(self._event.query()) if self._event is not None else None
        return None

    def windows(self) -> tuple[WaitWindow, ...]:
        """Up to four stretches of equally many draws, in order."""
        kept = list(self._kept)
        size = max(FEWEST, -(-len(kept) // WINDOWS))
        parts = [kept[start : start + size] for start in range(0, len(kept), size)]
        return tuple(_window(part) for part in parts if len(part) >= FEWEST)


def _samples(batch: Any) -> int:
    found = (tensor for _, tensor in found_in(batch) if not tensor.is_nested and tensor.dim())
    return next((tensor.shape[0] for tensor in found), 1)


def _window(part: list[_Draw]) -> WaitWindow:
    between = sorted(draw.between for draw in part)
    usual = between[: max(1, len(between) - -(-len(between) // 10))]
    asked = [draw.idle for draw in part if draw.idle is not None]
    computed = sum(draw.computed for draw in part)
    return WaitWindow(
        draws=len(part),
        samples=sum(draw.samples for draw in part),
        waited=sum(draw.waited for draw in part),
        busy=sum(usual) / len(usual) * len(part),
        stretched=max(1.0, sum(between) / computed) if computed > 0 else 1.0,
        idle=sum(asked) / len(asked) if asked else None,
    )
