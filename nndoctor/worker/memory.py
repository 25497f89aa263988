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

from nndoctor.burden import GpuMemory
from nndoctor.trace import MemorySample
from nndoctor.worker.cost import Doublings
from nndoctor.worker.gpu import gpu_memory
from nndoctor.worker.graph import nodes_behind
from nndoctor.worker.hoards import Hoards
from nndoctor.worker.holders import holder
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places

MOST_NODES = 50_000
COUNTED_AT = (4, 8, 32, 256)
"""After so many calls that built a graph, with no backward since, the graphs alive are counted."""
MOST_WITHIN = 8
FEW_STEPS = 2

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
        return _cuda_bytes()


_resident = _Resident()
_allocated = _Allocated()


def held_bytes() -> tuple[int, int]:
    """Memory of this process (on macOS at its highest), and of its CUDA tensors; at most some milliseconds old."""
    return _resident.now(), _allocated.now()


def resident_bytes() -> int:
    """The memory that this process holds now (on macOS: held at its highest), at most some milliseconds old."""
    return _resident.now()


def every_tensor() -> list[Tensor]:
    """All that the garbage collector knows; some forty milliseconds for the objects of torch alone."""
    # not isinstance(), which asks a stand-in for its class
    return [thing for thing in gc.get_objects() if type(thing) is Tensor or issubclass(type(thing), Tensor)]


class Memory:
    """Takes samples; now and then also counts the graphs that are alive, and looks for hoards, in one walk for both."""

    def __init__(self, journal: Journal, places: Places) -> None:
        """The first count is due at the fifth iteration, when optimizer states exist."""
        self._journal = journal
        self._places = places
        self._counts = Doublings(5)
        self.hoards = Hoards(places)
        self.nodes_of_a_step = 0
        """The nodes of the graph behind one loss, as far as known."""
        self._within = 0
        self._nodes = 0
        self._others: dict[int, weakref.ref[Tensor]] = {}
        self._at_start = _cuda_bytes()
        self._gpu: GpuMemory | None = None

    def of_gpu(self) -> GpuMemory | None:
        """What fills the GPU; once asked, as at a crash, the answer stays: what ends the script frees memory."""
        self._gpu = self._gpu or gpu_memory(self._at_start)
        return self._gpu

    def leave_aside_what_is_alive(self) -> None:
        """In a process that lived before: the graphs that are held by now are not of the training to come."""
        self._others = {id(tensor): weakref.ref(tensor) for tensor in self._with_graphs(every_tensor())[0]}

    def _with_graphs(self, tensors: list[Tensor]) -> tuple[list[Tensor], int]:
        """Those of the tensors with a graph, and the nodes of their graphs."""
        own = [tensor for tensor in tensors if _has_graph(tensor) and not self._is_other(tensor)]
        return own, _nodes(own)

    def _is_other(self, tensor: Tensor) -> bool:
        known = self._others.get(id(tensor))
        return known is not None and known() is tensor

    def look(self, iteration: int, *, closely: bool = True) -> None:
        """One sample between two iterations, when no graph of the loop itself should be alive."""
        if self._counts.due(iteration):
            with self._counts.taking(iteration):
                tensors = every_tensor()
                self.hoards.look(iteration, tensors)
                self._journal.write_thinned(self._counted(iteration, tensors))
        elif closely:
            self._journal.write_thinned(MemorySample(iteration, resident_bytes(), _cuda_bytes()))

    def look_within(self, iteration: int, waiting: int) -> None:
        """Counts the graphs in the midst of many calls without a backward: an evaluation, perhaps."""
        if waiting in COUNTED_AT and self._within < MOST_WITHIN:
            self._within += 1
            self._journal.write_thinned(self.counted(iteration, evaluating=True))

    def counted(self, iteration: int, *, evaluating: bool = False) -> MemorySample:
        """Memory now, and the graphs that are alive."""
        return self._counted(iteration, every_tensor(), evaluating=evaluating)

    def _counted(self, iteration: int, tensors: list[Tensor], *, evaluating: bool = False) -> MemorySample:
        cuda = _cuda_bytes()
        alive, nodes = self._with_graphs(tensors)
        # what only a reference cycle keeps is freed with the next garbage: nobody retains it, unless there is no next;
        # the last loss of a step or two may well be alive, and a collection takes longer than all the rest
        if nodes > max(self._nodes, FEW_STEPS * self.nodes_of_a_step) and gc.isenabled():
            alive.clear()
            tensors.clear()
            gc.collect()
            alive, nodes = self._with_graphs(every_tensor())
        self._nodes = nodes
        name, place = holder(alive, self._places)
        size = sum(tensor.numel() * tensor.element_size() for tensor in alive)
        return MemorySample(iteration, resident_bytes(), cuda, len(alive), nodes, size, name, place, evaluating)


def _cuda_bytes() -> int:
    return torch.cuda.memory_allocated() if torch.cuda.is_initialized() else 0


def _has_graph(tensor: Tensor) -> bool:
    # a compiled model keeps the tensors without memory (torch._subclasses) by which its graph was traced
    return tensor.grad_fn is not None and not type(tensor).__module__.startswith("torch._subclasses")


def _nodes(alive: list[Tensor]) -> int:
    seen: set[Any] = set()
    for tensor in alive:
        if tensor.grad_fn not in seen and len(seen) < MOST_NODES:
            seen.update(nodes_behind(tensor.grad_fn, MOST_NODES - len(seen)))
    return len(seen)
