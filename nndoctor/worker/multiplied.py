"""Layers made in the middle of a list that is multiplied: `[Linear(8, 8)] * 4` makes one, and lists it four times."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterable, Iterator


def multiplied(lines: Iterable[tuple[str, int]]) -> tuple[str, int] | None:
    """Of the lines that were running, innermost first, the one that multiplies a list of what it makes there and then.

    A layer that was given a name first (`block = Block(8)`, `[block] * 4`) may be listed so on purpose: it is none.
    """
    for file, line in lines:
        for first, last in _made_in_multiplied(file):
            if first <= line <= last:
                return file, first
    return None


@functools.lru_cache
def _made_in_multiplied(file: str) -> tuple[tuple[int, int], ...]:
    """The first and last lines of all elements of such lists that call something."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):  # a cell with magics, or a file that was written to since
        return ()
    elements = (one for listed in _multiplied_lists(tree) for one in listed.elts)
    calling = (one for one in elements if any(isinstance(part, ast.Call) for part in ast.walk(one)))
    return tuple((one.lineno, one.end_lineno or one.lineno) for one in calling)


def _multiplied_lists(tree: ast.AST) -> Iterator[ast.List | ast.Tuple]:
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            yield from (side for side in (node.left, node.right) if isinstance(side, ast.List | ast.Tuple))
