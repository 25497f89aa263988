"""The calls of zero_grad and step put where a loop lacks them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.edit.names import Names
from nndoctor.edit.source import CannotEdit, Source, Splice, inside, is_function

BACKWARD = ("backward", "manual_backward")
CLIPPING = ("clip_grad_norm_", "clip_grad_value_", "clip_grad_norm", "clip_grads_with_norm_")


def zero_gradients(names: Names, place: Place) -> list[Splice]:
    """In front of the backward pass; behind the step where that is in another block, as when passes are summed up."""
    source = names.source
    backward = backward_at(source, place)
    steps = sorted(_steps(names, backward), key=lambda found: (found[0].lineno < backward.lineno, found[0].lineno))
    if not steps:
        raise CannotEdit(f"no optimizer steps after the backward pass on line {place.line}")
    step, optimizer = steps[0]
    clean = f"{source.code(optimizer)}.zero_grad()"
    return [source.before(backward, clean) if step in source.block(backward) else source.after(step, clean)]


def step_after_backward(names: Names, place: Place) -> list[Splice]:
    """Behind the backward pass, and behind what clips its gradients."""
    source = names.source
    backward = backward_at(source, place)
    if _steps(names, backward):
        raise CannotEdit(f"an optimizer steps after the backward pass on line {place.line} already")
    known = list(dict.fromkeys(_optimizers(names, backward)))
    if len(known) != 1:
        raise CannotEdit(f"{len(known) or 'no'} optimizers are known by name on line {place.line}")
    block = source.block(backward)
    last = backward
    for statement in block[block.index(backward) + 1 :]:
        if not any(
            isinstance(node, ast.Call) and names.is_torchs(node.func, *CLIPPING) for node in ast.walk(statement)
        ):
            break
        last = statement
    return [source.after(last, f"{known[0]}.step()")]


def zero_after_step(names: Names, place: Place) -> list[Splice]:
    """Moves the `zero_grad()` that stands between the backward pass and the step."""
    source = names.source
    backward = backward_at(source, place)
    moves = [
        (statement, step)
        for step, optimizer in _steps(names, backward)
        for statement in source.block(step)
        if _zeroed(source, statement) == source.code(optimizer) and backward.lineno < statement.lineno < step.lineno
    ]
    if len(moves) != 1:
        raise CannotEdit(f"no zero_grad() stands between the backward pass on line {place.line} and its step")
    zero, step = moves[0]
    return [source.without(zero), source.after(step, source.code(zero))]


def step_of_idle(names: Names, place: Place) -> list[Splice]:
    """After a backward pass for which the idle optimizer was cleaned, it steps, and not the one that steps there."""
    source = names.source
    statement = source.at(place)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name | ast.Attribute):
        raise CannotEdit(f"line {place.line} gives the optimizer no name")
    idle = source.code(statement.targets[0])
    if any(source.code(one) == idle for node in names.statements for one in _stepping(names, node)):
        raise CannotEdit(f"{idle} steps already")
    found = list(_instead(names, idle))
    if len(found) != 1:
        raise CannotEdit(f"after the backward pass of {idle} no other optimizer steps in its place")
    return [source.replaced(found[0], idle)]


def backward_at(source: Source, place: Place) -> ast.stmt:
    """The statement on the line, if it calls a backward pass itself."""
    calls = [node for node in source.on(place) if isinstance(node, ast.Call)]
    if not any(isinstance(one.func, ast.Attribute) and one.func.attr in BACKWARD for one in calls):
        raise CannotEdit(f"line {place.line} calls no backward pass itself")
    return source.at(place)


def _steps(names: Names, backward: ast.stmt) -> list[tuple[ast.stmt, ast.expr]]:
    """The statements of the innermost loop, or of the function, that make an optimizer step; and the optimizer."""
    source = names.source
    for scope in (*source.loops(backward), source.function(backward) or source.tree):
        within = [node for node in inside(scope.body) if isinstance(node, ast.stmt)]
        found = [(node, optimizer) for node in within for optimizer in _stepping(names, node)]
        if found:
            return found
    return []


def _stepping(names: Names, statement: ast.AST) -> Iterator[ast.expr]:
    """The optimizer that a statement makes step."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr="step"), args=args)):
            if args and _is_optimizer(names, args[0]):
                yield args[0]  # scaler.step(optimizer)
            elif not _is_schedule(names, receiver):
                yield receiver


def _instead(names: Names, idle: str) -> Iterator[ast.expr]:
    """The optimizers that step first after `idle.zero_grad()` and a backward pass in the same block."""
    for statement in names.statements:
        if _zeroed(names.source, statement) != idle:
            continue
        block = names.source.block(statement)
        went_back = False
        for later in block[block.index(statement) + 1 :]:
            stepping = list(_stepping(names, later)) if went_back else []
            yield from stepping
            if stepping:
                break
            went_back = went_back or any(
                isinstance(node, ast.Attribute) and node.attr in BACKWARD for node in ast.walk(later)
            )


def _zeroed(source: Source, statement: ast.stmt) -> str | None:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr="zero_grad"))):
            return source.code(receiver)
    return None


def _kind(names: Names, node: ast.expr) -> set[str]:
    return {names.dotted(call.func) for call in names.calls_behind(node)}


def _is_optimizer(names: Names, node: ast.expr) -> bool:
    return any(_builds_optimizer(kind) for kind in _kind(names, node))


def _is_schedule(names: Names, node: ast.expr) -> bool:
    return any(kind.startswith("torch.optim.lr_scheduler.") for kind in _kind(names, node))


def _builds_optimizer(dotted: str) -> bool:
    return dotted.startswith("torch.optim.") and not dotted.startswith("torch.optim.lr_scheduler.")


def _optimizers(names: Names, near: ast.stmt) -> Iterator[str]:
    """How the optimizers that this file builds are called where the statement stands."""
    source = names.source
    seen = set()
    owner = names.owner(near)
    scope = source.function(near)
    nodes = [*inside((scope or source.tree).body), *(ast.walk(owner[0]) if owner else ())]
    if scope is not None:
        nodes += [one for outer in (scope, *source.ancestors(scope)) for one in _parameters(outer)]
        nodes += list(inside(source.tree.body))
    for node in nodes:
        name = _visible(node, owner)
        if name and name not in seen:
            seen.add(name)
            if _is_optimizer(names, source.written_at(name, near)):
                yield name


def _parameters(outer: ast.AST) -> Iterator[ast.AST]:
    if is_function(outer):
        yield from (*outer.args.posonlyargs, *outer.args.args, *outer.args.kwonlyargs)


def _visible(node: ast.AST, owner: tuple[ast.ClassDef, str] | None) -> str:
    """The name that a node gives something, as it is written where the owner's methods see it."""
    match node:
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Store()) if owner and name == owner[1]:
            return f"{name}.{attr}"
    return ""
