"""The process's memory as training goes on, and the autograd graphs that stay alive."""

from __future__ import annotations

import gc
import resource
import sys
import weakref
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from nndoctor.trace import MemorySample
from nndoctor.worker.graph import nodes_behind
from nndoctor.worker.hoards import Hoards
from nndoctor.worker.holders import holder
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places

MOST_NODES = 50_000
COUNTED_AT = (4, 8, 32, 256)
"""After so many calls that built a graph, with no backward since, the graphs alive are counted."""
MOST_WITHIN = 8

FRESH_SECONDS = 0.05
"""Resident memory is read anew only so often: a reading takes some microseconds, as long as a small layer."""


class _Resident:
    """The last reading, and the kernel's file if there is one."""

    def __init__(self) -> None:
        self.read_at = 0.0
        self.value = 0

    def now(self) -> int:
        clock = perf_counter()
        if clock - self.read_at > FRESH_SECONDS:
            self.read_at, self.value = clock, self._read()
        return self.value

    def _read(self) -> int:
        try:
            with open("/proc/self/statm", "rb", buffering=0) as file:
                return int(file.read(128).split()[1]) * resource.getpagesize()
        except OSError:
            # macOS has no such file; its highest value so far is the next best
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class _Allocated(_Resident):
    """The same of CUDA tensors; a reading takes some fifty microseconds."""

    def _read(self) -> int:
        return torch.cuda.memory_allocated() if torch.cuda.is_initialized() else 0


_resident = _Resident()
_allocated = _Allocated()


def held_bytes() -> tuple[int, int]:
    """Memory of this process (on macOS at its highest), and of its CUDA tensors; at most some milliseconds old."""
    return _resident.now(), _allocated.now()


def resident_bytes() -> int:
    """The memory that this process holds now (on macOS: held at its highest), at most some milliseconds old."""
    return _resident.now()


class Memory:
    """Takes samples; every doubling of the iterations also counts the graphs that are still alive."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """The first count is due at the fifth iteration, when optimizer states exist."""
        self._journal = journal
        self._places = places
        self._due = 5
        self.hoards = Hoards(places)
        self._hoards_due = 5
        self._within = 0
        self._nodes = 0
        self._others: dict[int, weakref.ref[Tensor]] = {}

    def leave_aside_what_is_alive(self) -> None:
        """In a process that lived before: the graphs that are held by now are not of the training to come."""
        self._others = {id(tensor): weakref.ref(tensor) for tensor in self._alive()[0]}

    def _alive(self) -> tuple[list[Tensor], int]:
        """The tensors with a graph, and the nodes of their graphs."""
        tensors = [thing for thing in gc.get_objects() if issubclass(type(thing), Tensor) and _has_graph(thing)]
        own = [tensor for tensor in tensors if not self._is_other(tensor)]
        return own, _nodes(own)

    def _is_other(self, tensor: Tensor) -> bool:
        known = self._others.get(id(tensor))
        return known is not None and known() is tensor

    def look(self, iteration: int, *, closely: bool = True) -> None:
        """One sample between two iterations, when no graph of the loop itself should be alive."""
        self._look_for_hoards(iteration)
        if not closely:
            return
        count = iteration >= self._due
        if count:
            self._due = max(self._due * 2, iteration + 1)
        self._journal.write_thinned(self.sample(iteration, count=count))

    def _look_for_hoards(self, iteration: int) -> None:
        """At each doubling of the iterations, however dear: two looks far apart are needed, and there are few."""
        if iteration >= self._hoards_due:
            self._hoards_due = max(self._hoards_due * 2, iteration + 1)
            self.hoards.look(iteration)

    def look_within(self, iteration: int, waiting: int) -> None:
        """Counts the graphs in the midst of many calls without a backward: an evaluation, perhaps."""
        if waiting in COUNTED_AT and self._within < MOST_WITHIN:
            self._within += 1
            self._journal.write_thinned(self.sample(iteration, count=True, evaluating=True))

    def sample(self, iteration: int, *, count: bool, evaluating: bool = False) -> MemorySample:
        """Memory now; with `count` also the graphs, which takes some ten milliseconds."""
        cuda = torch.cuda.memory_allocated() if torch.cuda.is_initialized() else 0
        if not count:
            return MemorySample(iteration, resident_bytes(), cuda, evaluating=evaluating)
        alive, nodes = self._alive()
        # what only a reference cycle keeps is freed with the next garbage: nobody retains it, unless there is no next
        if nodes > self._nodes and gc.isenabled():
            alive.clear()
            gc.collect()
            alive, nodes = self._alive()
        self._nodes = nodes
        name, place = holder(alive, self._places)
        size = sum(tensor.numel() * tensor.element_size() for tensor in alive)
        return MemorySample(iteration, resident_bytes(), cuda, len(alive), nodes, size, name, place, evaluating)


def _has_graph(tensor: Tensor) -> bool:
    # a compiled model keeps the tensors without memory (torch._subclasses) by which its graph was traced
    return tensor.grad_fn is not None and not type(tensor).__module__.startswith("torch._subclasses")


def _nodes(alive: list[Tensor]) -> int:
    seen: set[Any] = set()
    for tensor in alive:
        if tensor.grad_fn not in seen and len(seen) < MOST_NODES:
            seen.update(nodes_behind(tensor.grad_fn, MOST_NODES - len(seen)))
    return len(seen)
