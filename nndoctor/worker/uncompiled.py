"""Keeps the compiler away from the tap: its frames are never compiled, so the user's graphs stay as they were.

Where a compiled region breaks, or a module's compiled call is skipped, torch._dynamo looks at every Python frame that
follows, ours too. Code that is marked here runs as it is; what it calls in turn is still the compiler's. Within a
graph the hooks are traced, and step aside at once (see `torch.compiler.is_compiling` in `tap`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from torch._dynamo.eval_frame import skip_code

_HOME = os.path.dirname(os.path.abspath(__file__)) + os.sep


def keep_away() -> None:
    """Marks all code of the worker that is loaded."""
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(_HOME):
            for code in _codes(vars(module).values()):
                skip_code(code)


def _codes(things: Any) -> Iterator[CodeType]:
    for thing in list(things):
        if isinstance(thing, FunctionType):
            yield from _nested(thing.__code__)
        elif isinstance(thing, staticmethod | classmethod):
            yield from _nested(thing.__func__.__code__)
        elif isinstance(thing, property) and thing.fget is not None:
            yield from _nested(thing.fget.__code__)
        elif isinstance(thing, type) and thing.__module__.startswith("nndoctor.worker"):
            yield from _codes(vars(thing).values())


def _nested(code: CodeType) -> Iterator[CodeType]:
    """A function's code, and that of the functions made in it; another's that is only imported is left alone."""
    if code.co_filename.startswith(_HOME):
        yield code
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                yield from _nested(constant)
