"""The journal of a run: one record a line, written at once (loss curves within moments) to survive the script."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from nndoctor import seen, trace
from nndoctor.trace import Trace
from nndoctor.wire import built, plain

ROWS_BEFORE_THINNING = 2048
"""A series keeps every row until it has so many; from then on only every 2nd, 4th, 8th, ... for as many rows again."""

HELD_SECONDS = 0.2
"""A write takes some ten microseconds, and ten times that after a large step has emptied the processor's caches; so
much of the loss curve may be lost to a segmentation fault."""

FIRST_DESCRIPTOR = 250
"""Out of the way of the low numbers that a script closes, or counts on."""

_SINGLE = {
    "RunStarted": "started",
    "FirstNonfinite": "nonfinite",
    "NonfiniteSource": "source",
    "Burden": "burden",
    "Crash": "crash",
    "Steered": "steered",
    "Reseeded": "reseeded",
    "RunEnded": "ended",
}
_NUMBERED = {
    "ModelSeen": ("models", "model"),
    "OptimizerSeen": ("optimizers", "optimizer"),
    "LoaderSeen": ("loaders", "loader"),
    "BackwardSite": ("sites", "curve"),
    "StepTotals": ("totals", "optimizer"),
    "ClippingSeen": ("clippings", "number"),
}
_LISTED = {
    "SchedulerSeen": "schedulers",
    "Iteration": "iterations",
    "ForwardSeen": "forwards",
    "LossPathSeen": "loss_paths",
    "GraphSeen": "graphs",
    "LossCall": "losses",
    "BatchSeen": "batches",
    "LayoutSeen": "layouts",
    "ImagesSeen": "images",
    "Pass": "passes",
    "LayerSample": "layers",
    "ParameterSeen": "bare",
    "MemorySample": "memory",
    "Unwatched": "unwatched",
    "PassCut": "cuts",
    "EvalCallSeen": "eval_calls",
    "WeightsCopied": "copies",
    "ScoreSeen": "scores",
    "LinesPrinted": "printed",
}
_KINDS = {name: getattr(trace, name, None) or getattr(seen, name) for name in {*_SINGLE, *_NUMBERED, *_LISTED}}


class Journal:
    """Where the tap writes. A forked child of the run (a loader's worker) writes nothing."""

    def __init__(self, path: str | Path) -> None:
        """Opens the file for appending; it is made if need be."""
        self.path = str(path)
        self._open()
        self._process = os.getpid()
        self._rows: dict[str, int] = {}
        self._held: list[str | tuple[int, float, float | None, int]] = []
        self._written = 0.0

    def _open(self) -> None:
        low = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._file = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR)
        finally:
            os.close(low)
        self._inode = os.fstat(self._file).st_ino

    def write(self, record: Any) -> None:
        """Appends one record (a dataclass of `trace` or `seen`)."""
        if os.getpid() != self._process:
            return
        self._held.append(json.dumps({"is": type(record).__name__, **plain(record)}, separators=(",", ":")))
        self.flush()

    def write_from_child(self, record: Any) -> None:
        """Appends one record from a forked child of the run; short lines appended to one file do not mix."""
        line = json.dumps({"is": type(record).__name__, **plain(record)}, separators=(",", ":")) + "\n"
        with suppress(OSError):
            if os.fstat(self._file).st_ino == self._inode:
                os.write(self._file, line.encode())

    def write_row(self, kind: str, row: dict[str, Any]) -> None:
        """Appends one row of a long series, given as its fields, held back for a moment at most."""
        number = self._rows.get(kind, 0)
        self._rows[kind] = number + 1
        if number % stride(number) or os.getpid() != self._process:
            return
        self._held.append(json.dumps({"is": kind, **row}, separators=(",", ":")))
        if perf_counter() - self._written > HELD_SECONDS:
            self.flush()

    def hold_loss(self, row: tuple[int, float, float | None, int], now: float) -> None:
        """A row of the loss curve of which no more is known; costs a microsecond, so no step is too fast for it."""
        number = self._rows.get("Iteration", 0)
        self._rows["Iteration"] = number + 1
        if number < ROWS_BEFORE_THINNING or number % stride(number) == 0:
            self._held.append(row)
            if now - self._written > HELD_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Writes what is held back."""
        if os.getpid() != self._process or not self._held:
            return
        lines = "\n".join(row if isinstance(row, str) else _loss_row(*row) for row in self._held) + "\n"
        self._held = []
        self._written = perf_counter()
        try:
            if not self._is_open():
                self._open()
            os.write(self._file, lines.encode(errors="replace"))
        except OSError:
            # no descriptor is left, or the disk is full: the run itself must go on
            self._process = -1

    def _is_open(self) -> bool:
        """False if the script closed every descriptor, or opened a file of its own that took our number."""
        try:
            return os.fstat(self._file).st_ino == self._inode
        except OSError:
            return False

    def write_thinned(self, record: Any) -> None:
        """Appends a record of a long series, dropping more and more of them as it grows."""
        kind = type(record).__name__
        number = self._rows.get(kind, 0)
        self._rows[kind] = number + 1
        if number % stride(number) == 0:
            self.write(record)

    def close(self) -> None:
        """Closes the file; later records are dropped."""
        self.flush()
        if os.getpid() == self._process:
            os.close(self._file)
        self._process = -1


def _loss_row(index: int, seconds: float, loss: float | None, curve: int) -> str:
    said = "null" if loss is None else repr(loss)
    return f'{{"is":"Iteration","index":{index},"seconds":{seconds!r},"loss":{said},"curve":{curve}}}'


def stride(number: int) -> int:
    """Keep only every so-many-th row at this place of a series; total rows grow with the logarithm of the length."""
    return 1 << (number // ROWS_BEFORE_THINNING).bit_length()


def read_trace(path: str | Path) -> Trace:
    """The trace that a journal holds; a last line cut short by a kill is dropped."""
    read = Trace()
    with Path(path).open("rb") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                kind = row.pop("is")
                record = built(_KINDS[kind], row)
            except (ValueError, KeyError, AttributeError, TypeError):
                continue
            _file(read, kind, record)
    read.iterations.sort(key=lambda iteration: iteration.index)
    return read


def _file(read: Trace, kind: str, record: Any) -> None:
    if kind in _SINGLE:
        setattr(read, _SINGLE[kind], record)
    elif kind in _NUMBERED:
        place, number = _NUMBERED[kind]
        getattr(read, place)[getattr(record, number)] = record
    else:
        getattr(read, _LISTED[kind]).append(record)
