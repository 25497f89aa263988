"""The last words of a script: what Python would print at its end, without our own frames."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
import types
from contextlib import suppress
from pathlib import Path

from nndoctor.worker import sandbox

PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


def status(code: object) -> int:
    """The exit status of sys.exit(code), whose text goes to stderr as Python has it."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    with suppress(Exception):
        sys.stderr.write(f"{code}\n")
    return 1


def flush() -> None:
    """Both streams."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # the streams may be the script's own, and fail as they like
            stream.flush()


def tell(error: BaseException) -> None:
    """Prints the traceback without our own frames, paths as the user knows them; a hook of the user's is heard."""
    with suppress(BaseException):  # the hook, the stream and the exception's words are the script's own
        if sys.excepthook is not sys.__excepthook__:
            sys.excepthook(type(error), error, _below_ours(error.__traceback__))
            return
        told = traceback.TracebackException.from_exception(error)
        _forget_ours(told)
        sys.stderr.write(sandbox.originals("".join(told.format())))
        sys.stderr.flush()


def _below_ours(frames: types.TracebackType | None) -> types.TracebackType | None:
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(PACKAGE):
        frames = frames.tb_next
    return frames


def _forget_ours(told: traceback.TracebackException) -> None:
    told.stack[:] = [
        frame for frame in told.stack if not frame.filename.startswith((PACKAGE, "<frozen runpy>", runpy.__file__))
    ]
    for other in (told.__cause__, told.__context__):
        if other is not None:
            _forget_ours(other)
