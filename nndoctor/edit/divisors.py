"""What right predictions that a loop of evaluation adds up are divided by: the samples, or the batches."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

from nndoctor.case import Place
from nndoctor.edit.names import Names
from nndoctor.edit.source import CannotEdit, Splice, inside

Kind = Literal["count", "share"]
"""Right predictions, or their part of a batch."""

PLAIN = ("item", "float", "double", "int", "long", "cpu", "detach", "numpy", "to", "type")
"""Methods that leave a number, or a yes, what it is."""
COUNTING = ("sum", "count_nonzero")
LEAVING_OUT = ("drop_last", "sampler", "batch_sampler")
"""Arguments of a loader that gives other samples than its dataset has."""


def divide_by_samples(names: Names, place: Place) -> list[Splice]:
    """`correct / len(loader)` becomes `correct / len(loader.dataset)`, wherever the counts of that loop are divided."""
    loop = _looked_at(names, place)
    for call in loop.loaders():
        left_out = [one.arg for one in call.keywords if one.arg in LEAVING_OUT and not _says_no(one.value)]
        if left_out or None in [one.arg for one in call.keywords]:
            raise CannotEdit(f"the loader of line {loop.node.lineno} may leave samples of its dataset out")
    if any(isinstance(node, ast.Break) for node in inside(loop.node.body)):
        raise CannotEdit(f"the loop on line {loop.node.lineno} may end before its loader does")
    found = [by for left, by in loop.divisions() if loop.kind(left) == "count" and loop.is_batches(by)]
    return _replaced(loop, found, f"len({names.source.code(loop.loader)}.dataset)")


def divide_by_batches(names: Names, place: Place) -> list[Splice]:
    """`shares / len(dataset)` becomes `shares / len(loader)`."""
    loop = _looked_at(names, place)
    loop.loaders()
    counted = [(left, by) for left, by in loop.divisions() if not isinstance(by, ast.Constant)]
    found = [by for left, by in counted if loop.kind(left) == "share" and not loop.is_batches(by)]
    return _replaced(loop, found, f"len({names.source.code(loop.loader)})")


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop over a loader, in its function or in the module."""

    names: Names
    node: ast.For
    loader: ast.expr
    index: ast.expr | None
    first: int
    _asked: set[str] = field(default_factory=set)

    def scope(self) -> list[ast.AST]:
        outer = self.names.source.function(self.node) or self.names.source.tree
        return list(inside(outer.body))

    def loaders(self) -> list[ast.Call]:
        """What built the loader. Raises CannotEdit where that is not known to be a DataLoader."""
        values = self.names.values(self.loader)
        calls = [one for one in values if isinstance(one, ast.Call) and self.names.is_torchs(one.func, "DataLoader")]
        if not calls or len(calls) < len(values):
            raise CannotEdit(f"what the loop on line {self.node.lineno} goes over is not known to be a DataLoader")
        return calls

    def divisions(self) -> Iterator[tuple[ast.expr, ast.expr]]:
        """What the loop adds up, or a part of it, and what that is divided by."""
        within = list(inside(self.node.body))
        sums = {ast.unparse(one.target) for one in within if isinstance(one, ast.AugAssign)}
        sums |= {ast.unparse(one.targets[0]) for one in within if _adds_to_itself(one)}
        for node in self.scope():
            match node:
                case ast.BinOp(left=left, op=ast.Div(), right=right):
                    if node in within or any(ast.unparse(one) in sums for one in ast.walk(left) if _is_name(one)):
                        yield left, right
                case ast.AugAssign(target=target, op=ast.Div(), value=right) if ast.unparse(target) in sums:
                    yield target, right

    def is_batches(self, by: ast.expr) -> bool:
        """Whether that is the number of batches: asked of the loader, or counted."""
        match by:
            case ast.Call(func=ast.Name(id="len"), args=[one]):
                return _same(one, self.loader)
            case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
                return self.index is not None and self.first == 0 and _same(left, self.index)
            case ast.Name() | ast.Attribute():
                if self.index is not None and self.first == 1 and _same(by, self.index):
                    return True
                given = [one for one in self._given(by) if not _is_nought(one)]
                return bool(given) and all(
                    _is_one(one) or (isinstance(one, ast.Call) and self.is_batches(one)) for one in given
                )
        return False

    def kind(self, node: ast.expr) -> Kind | None:
        """What a number is that right predictions may have been added up to."""
        match node:
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                factors = [one for one in (left, right) if not isinstance(one, ast.Constant)]
                return self.kind(factors[0]) if len(factors) == 1 else None
            case ast.BinOp(left=left, op=ast.Div()):
                return "share" if self.kind(left) else None
            case ast.Name() | ast.Attribute():
                return self._kind_of_name(node)
            case ast.Call():
                return self._kind_of_call(node)
        return None

    def _kind_of_name(self, node: ast.expr) -> Kind | None:
        written = ast.unparse(node)
        if written in self._asked:
            return None
        self._asked.add(written)
        try:
            kinds = {self.kind(one) for one in self._given(node) if not _is_nought(one)}
        finally:
            self._asked.discard(written)
        return kinds.pop() if len(kinds) == 1 else None

    def _kind_of_call(self, call: ast.Call) -> Kind | None:
        name, given = self._called(call)
        if name in (*COUNTING, "mean") and given is not None and self._is_right(given):
            return "share" if name == "mean" else "count"
        if name in PLAIN and given is not None:
            return self.kind(given)
        return None

    def _is_right(self, node: ast.expr) -> bool:
        """Whether it tells of each prediction if it is right."""
        match node:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                return not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant)
            case ast.Name():
                given = [one for one in self._given(node) if ast.unparse(one) != node.id]
                return bool(given) and all(not isinstance(one, ast.Name) and self._is_right(one) for one in given)
            case ast.Call():
                name, first = self._called(node)
                if name == "eq":
                    return not any(isinstance(one, ast.Constant) for one in node.args)
                return name in PLAIN and first is not None and self._is_right(first)
        return False

    def _called(self, call: ast.Call) -> tuple[str, ast.expr | None]:
        """The name of a function, and what it is given first: in the parentheses, or before the dot."""
        first = call.args[0] if call.args else None
        match call.func:
            case ast.Attribute(value=value, attr=name):
                return name, first if self.names.dotted(call.func) else value
            case ast.Name(id=name):
                return name, first
        return "", None

    def _given(self, node: ast.expr) -> Iterator[ast.expr]:
        """What a name is given or what is added to it; `x = x + y` gives it y."""
        for one in self.scope():
            match one:
                case ast.AugAssign(target=target, op=ast.Add(), value=value) if _same(target, node):
                    yield value
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                    yield from (value for target, value in zip(targets, values, strict=False) if _same(target, node))
                case ast.Assign(targets=targets, value=value) if any(_same(target, node) for target in targets):
                    match value:
                        case ast.BinOp(left=left, op=ast.Add(), right=right) if _same(left, node):
                            yield right
                        case ast.BinOp(left=left, op=ast.Div()) if _same(left, node):
                            continue
                        case _:
                            yield value


def _looked_at(names: Names, place: Place) -> _Loop:
    source = names.source
    loops = [one for one in source.loops(source.at(place)) if isinstance(one, ast.For)]
    if not loops:
        raise CannotEdit(f"the evaluation on line {place.line} stands in no loop over its batches")
    loop, over, index, first = loops[0], loops[0].iter, None, 0
    while isinstance(over, ast.Call) and over.args:
        if names.dotted(over.func).startswith("tqdm"):
            over = over.args[0]
        elif isinstance(over.func, ast.Name) and over.func.id == "enumerate" and isinstance(loop.target, ast.Tuple):
            start = [*over.args[1:], *(one.value for one in over.keywords)]
            first = 0 if not start else 1 if _is_one(start[0]) else -1
            over, index = over.args[0], loop.target.elts[0]
        else:
            break
    return _Loop(names, loop, over, index, first)


def _replaced(loop: _Loop, found: list[ast.expr], wanted: str) -> list[Splice]:
    if not found:
        raise CannotEdit(f"no division of what the loop on line {loop.node.lineno} adds up is written in its function")
    return [loop.names.source.replaced(one, wanted) for one in found]


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.unparse(one) == ast.unparse(other)


def _is_nought(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 0


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _says_no(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (False, None)


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute)


def _adds_to_itself(node: ast.AST) -> TypeGuard[ast.Assign]:
    match node:
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add())):
            return _same(left, target)
    return False
