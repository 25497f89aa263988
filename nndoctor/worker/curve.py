"""The loss curve as it grows: one row for each backward pass, with the step that followed it."""

from __future__ import annotations

import os
from time import perf_counter
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.trace import BackwardSite
from nndoctor.worker.cost import Readings
from nndoctor.worker.journal import Journal
from nndoctor.worker.places import Places
from nndoctor.worker.steps import Book
from nndoctor.worker.tensors import finite

_SKIPPED = (os.path.dirname(torch.__file__) + os.sep, os.path.dirname(__file__) + os.sep)
_METHOD = Tensor.backward.__code__


class Curve:
    """Holds the row of the current iteration until its step is known; rows are those of `trace.Iteration`."""

    def __init__(self, journal: Journal, places: Places, readings: Readings) -> None:
        """The clock of the run starts now."""
        self._journal = journal
        self._places = places
        self._readings = readings
        self._began = perf_counter()
        self._row: dict[str, Any] | None = None
        self._numbers: dict[tuple[str, int], int] = {}
        self._callers: dict[tuple[int, int], tuple[int, CodeType]] = {}
        self._scaled: tuple[Tensor, Tensor] | None = None
        self.number = 0

    def goes_on(self, iteration: int, loss: Tensor | None, frame: FrameType) -> bool:
        """A backward pass begins, called from `frame`; False if its loss is known not to be finite."""
        self.end_row()
        self.number = self._number(frame)
        seconds = perf_counter() - self._began
        row = self._row = {"index": iteration, "seconds": seconds, "loss": None, "curve": self.number}
        if loss is None:
            return True
        if self._scaled is not None:
            loss, self._scaled = self._scaled[1] if self._scaled[0] is loss else loss, None
        if not loss.is_cuda:
            row["loss"] = finite(loss.item())
            return row["loss"] is not None

        def arrived(read: list[float]) -> None:
            row["loss"] = finite(read[0])
            del row["waiting"]

        row["waiting"] = True
        self._readings.later(loss.reshape(1), arrived)
        return True

    def passes_by(self, iteration: int, loss: Tensor, frame: FrameType) -> bool:
        """The same for an iteration that is not attended to: only its loss, and on a GPU not even that."""
        if self._row is not None:
            self.end_row()
        if self._scaled is not None:
            loss, self._scaled = self._scaled[1] if self._scaled[0] is loss else loss, None
        if loss.is_cuda:
            return True
        value = loss.item()
        sound = value - value == 0.0
        caller = frame.f_back if frame.f_code is _METHOD and frame.f_back is not None else frame
        # the line would have to be looked up; the code object itself would be hashed anew each time, with all its
        # constants; it is kept, so that its id stays its
        key = (id(caller.f_code), caller.f_lasti)
        number, _ = self._callers.get(key) or self._callers.setdefault(key, (self._number(frame), caller.f_code))
        now = perf_counter()
        self._journal.hold_loss((iteration, now - self._began, value if sound else None, number), now)
        return sound

    def scaled(self, loss: Any, scaled: Any) -> None:
        """A GradScaler multiplied the loss; the curve shows it as it was."""
        if isinstance(loss, Tensor) and isinstance(scaled, Tensor):
            self._scaled = (scaled, loss.detach())

    def _number(self, frame: FrameType | None) -> int:
        """The number of the line of code that called backward."""
        while frame is not None and frame.f_code.co_filename.startswith(_SKIPPED):
            frame = frame.f_back
        key = (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._journal.write(BackwardSite(number, self._places.here()))
        return number

    def stepped(self, optimizer: Optimizer, book: Book) -> bool:
        """An optimizer steps; True if it is the first after this row's backward."""
        row = self._row
        if row is None or "optimizer" in row:
            return False
        rate = optimizer.param_groups[0].get("lr", 0.0)
        row["optimizer"] = book.number
        row["learning_rate"] = None if isinstance(rate, Tensor) and rate.is_cuda else float(rate)
        return True

    def has_norm(self, norm: Tensor | None, book: Book, *, closure: bool) -> bool:
        """The gradient norm of this row's step, None without gradients; False if it is known not to be finite."""
        book.looked += not closure  # its gradients are yet to come
        row = self._row
        if norm is None or row is None:
            book.empty += norm is None
            book.missing += norm is None and not closure
            return True

        def arrived(read: list[float]) -> None:
            row["gradient_norm"] = finite(read[0])
            row["gradient_finite"] = row["gradient_norm"] is not None
            book.empty += read[0] == 0.0

        self._readings.later(norm.reshape(1), arrived)
        return bool(row.get("gradient_finite", True))

    def end_row(self) -> None:
        """Writes the row of the iteration before; on a GPU once its numbers have arrived."""
        row, self._row = self._row, None
        if row is None:
            return
        if "waiting" in row:
            self._readings.later(torch.zeros(1, device="cuda"), lambda _: self._journal.write_row("Iteration", row))
        else:
            self._journal.write_row("Iteration", row)
