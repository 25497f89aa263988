"""How long the loop waits for each batch, and what it does with its time between two of them."""

from __future__ import annotations

from collections import deque
from time import perf_counter
from typing import Any

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


class Waits:
    """The waits for one loader's batches: (seconds waited, seconds since the batch before, samples, GPU idle)."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: deque[tuple[float, float, int, bool | None]] = deque(maxlen=MOST)
        self._count = 0
        self._in_pass = 0
        self._began = 0.0
        self._left = 0.0
        self._event: Any = None

    def passes(self) -> None:
        """A pass over the loader begins."""
        self._in_pass = 0

    def begins(self) -> None:
        """The loop asks for a batch."""
        self._event = None
        if self._count % ASKED == 0 and torch.cuda.is_initialized():
            self._event = torch.cuda.Event()
            self._event.record()
        self._began = perf_counter()

    def ends(self, batch: Any) -> None:
        """The loop has got it."""
        now = perf_counter()
        self._count += 1
        self._in_pass += 1
        if self._in_pass > FIRST:
            idle = self._event.query() if self._event is not None else None
            self._kept.append((now - self._began, self._began - self._left, _samples(batch), idle))
        self._left = now

    def windows(self) -> tuple[WaitWindow, ...]:
        """Up to four stretches of equally many draws, in order."""
        kept = list(self._kept)
        size = max(FEWEST, -(-len(kept) // WINDOWS))
        parts = [kept[start : start + size] for start in range(0, len(kept), size)]
        return tuple(_window(part) for part in parts if len(part) >= FEWEST)


def _samples(batch: Any) -> int:
    return next((tensor.shape[0] for _, tensor in found_in(batch) if tensor.dim()), 1)


def _window(part: list[tuple[float, float, int, bool | None]]) -> WaitWindow:
    between = sorted(between for _, between, _, _ in part)
    usual = between[: max(1, len(between) - -(-len(between) // 10))]
    asked = [idle for *_, idle in part if idle is not None]
    return WaitWindow(
        draws=len(part),
        samples=sum(samples for _, _, samples, _ in part),
        waited=sum(waited for waited, *_ in part),
        busy=sum(usual) / len(usual) * len(part),
        idle=sum(asked) / len(asked) if asked else None,
    )
