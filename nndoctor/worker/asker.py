"""Whether the code that asks a loader for its next batch would take "no more" for an answer.

A `for` loop does; a bare `next(batches)` would make a crash of it that is not the user's.
"""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Iterator
from functools import cache
from types import FrameType

_LOOPS = ("FOR_ITER", "SEND", "YIELD_FROM")


def takes_an_end(frame: FrameType | None) -> bool:
    """Whether StopIteration, raised into this frame now, is an ordinary end of a loop to it."""
    while frame is not None:
        if dis.opname[frame.f_code.co_code[frame.f_lasti]] in _LOOPS:
            # zip(..., strict=True) complains of a loader that ends before the others
            return "strict" not in linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if frame.f_lineno in _guarded(frame.f_code.co_filename):
            return True
        if frame.f_code.co_name != "__next__":
            return False
        frame = frame.f_back  # an iterator around the loader: its end is told to whoever asked it
    return False


def counts_to_its_end(frame: FrameType | None, taken: int) -> bool:
    """Whether an iterator around the loader counts its batches, now `taken`, towards a number that it knows.

    What it does with the last one would not be done: Lightning validates at that count, and not when batches run out.
    """
    while frame is not None and frame.f_code.co_name == "__next__":
        own = frame.f_locals.get(frame.f_code.co_varnames[0])
        held = [number for number in getattr(own, "__dict__", {}).values() if type(number) is int]
        if taken in held and max(held) > taken:
            return True
        frame = frame.f_back
    return False


@cache
def _guarded(file: str) -> frozenset[int]:
    """The lines of a file where StopIteration is caught, or `next` has a default."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(_lines(tree, guarded=False))


def _lines(node: ast.AST, *, guarded: bool) -> Iterator[int]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        guarded = False  # it runs some other time
    has_default = isinstance(node, ast.Call) and len(node.args) > 1 and _is(node.func, "next")
    if has_default or (guarded and isinstance(node, ast.expr)):
        yield from range(getattr(node, "lineno", 1), (getattr(node, "end_lineno", None) or 0) + 1)
    inside = node.body if isinstance(node, ast.Try) and any(map(_catches, node.handlers)) else []
    for child in ast.iter_child_nodes(node):
        yield from _lines(child, guarded=guarded or child in inside)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_is(kind, "StopIteration") for kind in kinds)


def _is(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
