"""Who keeps autograd graphs alive: the user's variable that holds most of them, and the line that fills it."""

from __future__ import annotations

import ast
import inspect
import sys
from collections import deque
from collections.abc import Iterator
from types import FrameType
from typing import Any

from torch import Tensor

from nndoctor.case import Place
from nndoctor.worker.places import Places

MOST_ITEMS = 5_000
LONGEST_CHAIN = 50_000
FEW = 16
"""In containers of no more items running totals are looked for too."""


def holder(alive: list[Tensor], places: Places) -> tuple[str, Place | None]:
    """The variable, or attribute, that holds most of these tensors, and where it gets them; "" if none holds two."""
    name, place, _ = holder_of(alive, places)
    return name, place


def holder_of(
    alive: list[Tensor], places: Places, besides: tuple[type, ...] = ()
) -> tuple[str, Place | None, list[Tensor]]:
    """The same, and the tensors that it holds. Attributes of these kinds are left out."""
    wanted = {id(tensor) for tensor in alive}
    most, name, place, sure = 1, "", None, False
    holding: Any = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and wanted:
        if places.is_user(frame.f_code.co_filename):
            for variable, owner, value in _variables(frame, places):
                held = 0 if isinstance(owner, besides) else _held(value, wanted)
                # the loop that fills a list may lie further out than a function that also knows it
                if held > most or (held == most > 1 and not sure):
                    found = _filled(frame, variable, owner, places)
                    if held > most or found is not None:
                        most, name, place, sure = held, variable, found or places.of(frame, frame.f_lineno), bool(found)
                        holding = value
        frame = frame.f_back
    return name, place, [] if holding is None else list(_within(holding, wanted))


def _variables(frame: FrameType, places: Places) -> Iterator[tuple[str, Any, Any]]:
    """(name, owner, value) of the variables of a frame, and of the attributes of the user's own objects in them."""
    variables = dict(frame.f_locals)
    if frame.f_code.co_flags & inspect.CO_OPTIMIZED and sys.version_info < (3, 13):
        # before 3.13 this dictionary lives on with the frame and would keep the user's tensors alive
        frame.f_locals.clear()
    for name, value in variables.items():
        yield from _inner(name, None, value)
        module = sys.modules.get(type(value).__module__)
        if places.is_user(getattr(module, "__file__", None) or "<"):
            for key, inner in list(getattr(value, "__dict__", {}).items()):
                yield from _inner(f"{name}.{key}", value, inner)


def _inner(name: str, owner: Any, value: Any) -> Iterator[tuple[str, Any, Any]]:
    """What a dictionary holds under one key comes before the whole of it: the line that fills it says more."""
    if isinstance(value, dict) and len(value) <= FEW:
        yield from ((f"{name}[{key!r}]", owner, item) for key, item in list(value.items()))
    yield name, owner, value


def _held(value: Any, wanted: set[int], depth: int = 3) -> int:
    """How many wanted tensors lie in it, or how long a chain of sums it is."""
    if id(value) in wanted:
        return _chain(value)
    if not depth or not isinstance(value, list | tuple | dict | set | deque):
        return 0
    items = list(value.values() if isinstance(value, dict) else value)[:MOST_ITEMS]
    if len(items) <= FEW:
        return sum(_held(item, wanted, depth - 1) for item in items)
    return sum(1 if id(item) in wanted else _held(item, wanted, depth - 1) for item in items)


def _within(value: Any, wanted: set[int], depth: int = 3) -> Iterator[Tensor]:
    if id(value) in wanted:
        yield value
    elif depth and isinstance(value, list | tuple | dict | set | deque):
        for item in list(value.values() if isinstance(value, dict) else value):
            yield from _within(item, wanted, depth - 1)


def _chain(tensor: Tensor) -> int:
    """How many sums lie one behind the other: the length of a running total that was never detached."""
    node, length = tensor.grad_fn, 1
    while node is not None and node.name().startswith("Add") and length < LONGEST_CHAIN:
        node, length = node.next_functions[0][0], length + 1
    return length


def _filled(frame: FrameType, variable: str, owner: Any, places: Places) -> Place | None:
    """The line of this function, or of the owner's class, that adds to the variable; None if none is found."""
    line = _adding_line(frame, variable)
    if line is not None:
        return places.of(frame, line)
    if owner is None:
        return None
    line = _adding_line(type(owner), f"self.{variable.partition('.')[2]}")
    file = inspect.getsourcefile(type(owner)) if line is not None else None
    return places.at(file, line) if file is not None and line is not None else None


def _adding_line(written: FrameType | type, variable: str) -> int | None:
    try:
        lines, start = inspect.getsourcelines(written)
        indented = lines[0][:1].isspace()
        tree = ast.parse("if True:\n" + "".join(lines) if indented else "".join(lines))
    except (OSError, TypeError, SyntaxError, IndexError):
        return None
    shift = max(start, 1) - 1 - indented
    for node in ast.walk(tree):
        if _adds_to(node, variable):
            return int(node.lineno + shift)  # type: ignore[attr-defined]
    return None


def _adds_to(node: ast.AST, variable: str) -> bool:
    match node:
        case ast.AugAssign(target=target):
            return variable in (ast.unparse(target), _root(target))
        case ast.Call(func=ast.Attribute(value=value, attr="append" | "extend" | "add" | "appendleft" | "insert")):
            return variable in (ast.unparse(value), _root(value))
        case ast.Assign(targets=[ast.Subscript() as target]):
            return variable in (ast.unparse(target), _root(target))
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add())):
            return ast.unparse(target) == variable == ast.unparse(left)
    return False


def _root(node: ast.expr) -> str:
    """The variable that is filled: `history` of history["loss"][0]."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return ast.unparse(node)
