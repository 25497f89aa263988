"""Which line of the user's code is running: the innermost frame that is neither library, nor torch, nor ours."""

from __future__ import annotations

import linecache
import os
import sys
import sysconfig
from collections.abc import Callable
from types import FrameType, TracebackType

from nndoctor import notebook
from nndoctor.case import Place

_WORKER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LOOP = os.path.join(_WORKER, "loop.py")
_LIBRARIES = tuple(
    {sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {os.path.realpath(sysconfig.get_path("stdlib")) + os.sep}
)


class Places:
    """Finds places, and names files as the user knows them: `original` maps a path in the scratch copy back."""

    def __init__(self, original: Callable[[str], str] = str) -> None:
        """`original` takes and gives absolute paths."""
        self._original = original
        self._known: dict[str, bool] = {}

    def is_user(self, file: str) -> bool:
        """Whether that file is the user's own."""
        known = self._known.get(file)
        if known is None:
            known = not (
                file.startswith(("<", _WORKER, *_LIBRARIES))
                or f"{os.sep}site-packages{os.sep}" in file
                or f"{os.sep}dist-packages{os.sep}" in file
            ) or file.startswith("<ipython")
            self._known[file] = known
        return known

    def here(self) -> Place | None:
        """The user's line that led to this call; None if no frame is the user's."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not self.is_user(frame.f_code.co_filename):
            # who called a loop of our own is not where it happens
            frame = None if frame.f_code.co_filename == _LOOP else frame.f_back
        return None if frame is None else self.of(frame, frame.f_lineno)

    def lines(self) -> tuple[tuple[str, int], ...]:
        """The files and numbers of all lines of the user's that led to this call, innermost first."""
        frame: FrameType | None = sys._getframe(1)
        found = []
        while frame is not None:
            if self.is_user(frame.f_code.co_filename):
                found.append((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        return tuple(found)

    def of(self, frame: FrameType, line: int) -> Place:
        """The place of one frame."""
        code = frame.f_code
        name = code.co_name if code.co_name != "<module>" else ""
        text = linecache.getline(code.co_filename, line).strip()
        return self.named(code.co_filename, line, text, name)

    def named(self, name: str, line: int, text: str, function: str = "") -> Place:
        """The place of a line of that file, or of that cell of a notebook."""
        try:
            file = os.path.abspath(name)
        except FileNotFoundError:  # a relative name, and the directory it is in was removed
            file = name
        file, cell = notebook.parted(self._original(file))
        return Place(file, line, text, function, cell)

    def at(self, file: str, line: int) -> Place:
        """The place of one line of a file."""
        return Place(self._original(os.path.abspath(file)), line, linecache.getline(file, line).strip())

    def along(self, traceback: TracebackType | None) -> tuple[Place, ...]:
        """The user's own lines of a traceback, outermost first."""
        found = []
        while traceback is not None:
            if self.is_user(traceback.tb_frame.f_code.co_filename):
                found.append(self.of(traceback.tb_frame, traceback.tb_lineno))
            traceback = traceback.tb_next
        return tuple(found)
