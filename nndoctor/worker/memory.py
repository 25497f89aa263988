"""The process's memory as training goes on, and who keeps autograd graphs alive."""

from __future__ import annotations

import ast
import gc
import inspect
import resource
import sys
from collections.abc import Iterator
from time import perf_counter
from types import FrameType
from typing import Any

import torch
from torch import Tensor

from nndoctor.case import Place
from nndoctor.trace import MemorySample
from nndoctor.worker.graph import nodes_behind
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places

MOST_NODES = 50_000
MOST_ITEMS = 5_000
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
        self._within = 0

    def look(self, iteration: int) -> None:
        """One sample between two iterations, when no graph of the loop itself should be alive."""
        count = iteration >= self._due
        if count:
            self._due = max(self._due * 2, iteration + 1)
        self._journal.write_thinned(self.sample(iteration, count=count))

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
        alive = [thing for thing in gc.get_objects() if issubclass(type(thing), Tensor) and _has_graph(thing)]
        holder, place = self._holder(alive)
        nodes = _nodes(alive)
        size = sum(tensor.numel() * tensor.element_size() for tensor in alive)
        return MemorySample(iteration, resident_bytes(), cuda, len(alive), nodes, size, holder, place, evaluating)

    def _holder(self, alive: list[Tensor]) -> tuple[str, Place | None]:
        """The user's variable that holds most of these tensors, and the line that puts them there."""
        wanted = {id(tensor) for tensor in alive}
        best, name, place = 1, "", None
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and wanted:
            if self._places.is_user(frame.f_code.co_filename):
                for variable, held in _held(frame, wanted):
                    if held > best:
                        best, name, place = held, variable, self._places.of(frame, _filling_line(frame, variable))
            frame = frame.f_back
        return name, place


def _has_graph(tensor: Tensor) -> bool:
    return tensor.grad_fn is not None


def _nodes(alive: list[Tensor]) -> int:
    seen: set[Any] = set()
    for tensor in alive:
        if tensor.grad_fn not in seen and len(seen) < MOST_NODES:
            seen.update(nodes_behind(tensor.grad_fn, MOST_NODES - len(seen)))
    return len(seen)


def _held(frame: FrameType, wanted: set[int]) -> Iterator[tuple[str, int]]:
    """Variables of a frame, and of `self`, with how many wanted tensors (or how long a chain) each holds."""
    variables = dict(frame.f_locals)
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED and sys.version_info < (3, 13):
        # before 3.13 this dictionary lives on with the frame and would keep the user's tensors alive
        frame.f_locals.clear()
    owner = variables.get("self")
    fields = {f"self.{key}": value for key, value in getattr(owner, "__dict__", {}).items()}
    for name, value in {**variables, **fields}.items():
        if id(value) in wanted:
            yield name, _chain(value)
        elif isinstance(value, list | tuple | dict | set):
            items = list(value.values() if isinstance(value, dict) else value)[:MOST_ITEMS]
            yield name, sum(id(item) in wanted or _inner(item, wanted) for item in items)


def _inner(item: Any, wanted: set[int]) -> bool:
    return isinstance(item, list | tuple) and any(id(part) in wanted for part in item[:16])


def _chain(tensor: Tensor) -> int:
    """How many sums lie one behind the other: the length of a running total that was never detached."""
    node, length = tensor.grad_fn, 1
    while node is not None and node.name().startswith("Add") and length < MOST_NODES:
        node, length = node.next_functions[0][0], length + 1
    return length


def _filling_line(frame: FrameType, variable: str) -> int:
    """The line in this function that adds to the variable; the running line if none is found."""
    try:
        lines, start = inspect.getsourcelines(frame.f_code)
        tree = ast.parse("if True:\n" + "".join(lines) if lines[0][:1].isspace() else "".join(lines))
    except (OSError, TypeError, SyntaxError, IndentationError):
        return frame.f_lineno
    shift = max(start, 1) - 1 - (1 if lines[0][:1].isspace() else 0)
    for node in ast.walk(tree):
        if _adds_to(node, variable):
            return node.lineno + shift  # type: ignore[attr-defined]
    return frame.f_lineno


def _adds_to(node: ast.AST, variable: str) -> bool:
    match node:
        case ast.AugAssign(target=target):
            return ast.unparse(target) == variable
        case ast.Call(func=ast.Attribute(value=value, attr="append" | "extend" | "add" | "appendleft")):
            return ast.unparse(value) == variable
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add())):
            return ast.unparse(target) == variable == ast.unparse(left)
    return False
