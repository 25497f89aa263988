"""Layers built for the size that reaches them, and states that cross from step to step without their graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.edit.names import Names
from nndoctor.edit.order import backward_at
from nndoctor.edit.source import CannotEdit, Splice
from nndoctor.edits import Measured, SetInputSize

SIZED = ("Linear", "Conv1d", "Conv2d", "Conv3d", "LSTM", "GRU", "RNN", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
"""Layers of torch's whose first argument is the size of what they are given."""

RECURRENT = ("LSTM", "GRU", "RNN")


def set_input_size(names: Names, edit: SetInputSize, place: Place) -> list[Splice]:
    """Where the file builds that layer once only: a layer that is built for many places can't fit one of them."""
    names.source.on(place)  # refuses a file that has changed
    way = str(edit.module).split(".")
    built = [call for call in _built(names, way) if call.args and names.is_torchs(call.func, *SIZED)]
    if len(built) != 1:
        raise CannotEdit(f"the file builds {edit.module} {len(built) or 'no'} times")
    first = built[0].args[0]
    kind = next((one for one in names.source.ancestors(built[0]) if isinstance(one, ast.ClassDef)), None)
    if kind is not None and len(list(_instances(names, kind.name))) > 1:
        raise CannotEdit(f"{kind.name} is built several times, each with sizes of its own")
    if isinstance(first, ast.Starred) or isinstance(edit.size, Measured):
        raise CannotEdit(f"the size of {edit.module} is not written there")
    return [names.source.replaced(first, f"{edit.size:.0f}")]


def detach_state(names: Names, place: Place) -> list[Splice]:
    """Behind the backward pass, for what one call in the loop both takes and gives back."""
    source = names.source
    backward = backward_at(source, place)
    loops = source.loops(backward)
    states = sorted({name for loop in loops[:1] for name in _carried(loop)})
    if len(states) != 1:
        raise CannotEdit(f"{len(states) or 'no'} variables cross from step to step round line {place.line}")
    state = states[0]
    kinds = {kind for node in ast.walk(source.tree) for kind in RECURRENT if names.is_torchs(node, kind)}
    starts = names.values(source.written_at(state, backward))
    if kinds == {"LSTM"}:
        return [source.after(backward, f"{state} = tuple(part.detach() for part in {state})")]
    if (kinds and "LSTM" not in kinds) or all(names.dotted(getattr(one, "func", None)) for one in starts):
        return [source.after(backward, f"{state} = {state}.detach()")]
    raise CannotEdit(f"whether {state} is one tensor or several can't be told")


def _built(names: Names, way: list[str]) -> Iterator[ast.Call]:
    """The calls that build the layer at the end of the way, `classifier.2`."""
    *outer, last = way
    if last.isdigit() and outer:
        for call in _given(names, outer[-1]):
            if names.is_torchs(call.func, "Sequential") and not any(isinstance(one, ast.Starred) for one in call.args):
                yield from (one for one in call.args[int(last) : int(last) + 1] if isinstance(one, ast.Call))
    else:
        yield from _given(names, last)


def _given(names: Names, attribute: str) -> Iterator[ast.Call]:
    for node in ast.walk(names.source.tree):
        match node:
            case ast.Assign(targets=[ast.Attribute(attr=attr)], value=ast.Call() as call) if attr == attribute:
                yield call


def _instances(names: Names, kind: str) -> Iterator[ast.Call]:
    for node in ast.walk(names.source.tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name == kind:
                yield node


def _carried(loop: ast.AST) -> Iterator[str]:
    """The names that a call takes and gives back in one statement."""
    for node in ast.walk(loop):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(args=args)):
                taken = {one.id for one in args if isinstance(one, ast.Name)}
                given = target.elts if isinstance(target, ast.Tuple) else []
                yield from (one.id for one in given if isinstance(one, ast.Name) and one.id in taken)
