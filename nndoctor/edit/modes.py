"""Evaluations put in evaluation mode and under no_grad, trainings put back in training mode."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.edit.calls import CLASSES
from nndoctor.edit.names import Names
from nndoctor.edit.order import BACKWARD
from nndoctor.edit.source import CannotEdit, Function, Loop, Source, Splice, is_function

GRADIENTS = (*BACKWARD, "grad")


def evaluation_mode(names: Names, place: Place) -> list[Splice]:
    """In front of the evaluation; where training goes on after it and nothing else restores its mode, behind it too."""
    source = names.source
    call, model = called_model(names, place)
    first = _evaluation(names, call, model)
    if any(_calls_method(node, "eval") for node in source.block(first)):
        raise CannotEdit(f"eval() is called beside line {first.lineno} already")
    put = [source.before(first, f"{model}.eval()")]
    if _goes_on_in_eval(names, first):
        if any(isinstance(node, ast.Return) for node in ast.walk(first)):
            raise CannotEdit("the evaluation returns from its middle, and nothing after it restores training mode")
        put.append(source.after(first, f"{model}.train()"))
    return put


def training_mode(names: Names, place: Place) -> list[Splice]:
    """At the start of the innermost loop if an evaluation runs in it, else in front of that loop."""
    source = names.source
    call, model = called_model(names, place)
    loops = source.loops(call)
    if not loops:
        return [source.before(_topmost(source, source.statement(call)), f"{model}.train()")]
    if _reaches(names, loops[0], "eval") or _gives(loops[0], model):
        return [source.before(loops[0].body[0], f"{model}.train()")]
    return [source.before(loops[0], f"{model}.train()")]


def without_graphs(names: Names, place: Place) -> list[Splice]:
    """The whole function where all of it evaluates, else the statement of the evaluation."""
    source = names.source
    call, model = called_model(names, place)
    no_grad = names.spelled("torch.no_grad")
    if not no_grad:
        raise CannotEdit("torch would have to be imported first")
    first = _evaluation(names, call, model)
    function = source.function(call)
    if function is not None and first in function.body and not trains(names, function):
        if any(names.is_torchs(one.func, "no_grad", "inference_mode") for one in _decorators(function)):
            raise CannotEdit(f"{function.name} has that decorator already")
        return [source.before(function, f"@{no_grad}()")]
    return source.within(f"with {no_grad}():", first, first)


def called_model(names: Names, place: Place) -> tuple[ast.Call, str]:
    """The one call of a model on the line, and how the model is written there."""
    nodes = [node for node in names.source.on(place) if isinstance(node, ast.Call)]
    able = [node for node in nodes if _may_be_model(names, node.func)]
    sure = [node for node in able if any(_is_module(names, made) for made in names.calls_behind(node.func))]
    found = sure or [node for node in able if not _is_given(node, able)]
    written = {names.source.code(node.func) for node in found}
    if len(written) != 1:
        raise CannotEdit(f"which of {len(written) or 'no'} calls on line {place.line} is the model's can't be told")
    return found[0], written.pop()


def trains(names: Names, node: ast.AST) -> bool:
    """Whether gradients are taken in it, or in the file's own functions that it calls."""
    return _reaches(names, node, *GRADIENTS)


def _decorators(function: Function) -> Iterator[ast.Call]:
    return (one for one in function.decorator_list if isinstance(one, ast.Call))


def _may_be_model(names: Names, func: ast.expr) -> bool:
    """Whether something that the user's own code made, or was handed, is called here."""
    if names.dotted(func):
        return False
    made = names.calls_behind(func)
    if any(_is_loss(names, one) for one in made):
        return False
    match func:
        case ast.Name(id=name):
            return not hasattr(builtins, name) and not _is_defined(names, name)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            owner = names.owner(func)
            if owner is not None and owner[1] == name:
                return not any(is_function(one) and one.name == attr for one in owner[0].body)
            return bool(made)
    return False


def _is_loss(names: Names, made: ast.Call) -> bool:
    small = {kind for kinds in CLASSES.values() for kind in kinds}
    name = names.dotted(made.func)
    return name.startswith("torch.nn.") and (name.endswith("Loss") or name.rpartition(".")[2] in small)


def _is_defined(names: Names, name: str) -> bool:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and node.name == name for node in ast.walk(names.source.tree))


def _is_module(names: Names, made: ast.Call) -> bool:
    """Whether it builds a module: one of torch's, or of a class of this file that has a forward."""
    if names.dotted(made.func):
        return names.dotted(made.func).startswith("torch.nn.")
    return any(
        isinstance(kind, ast.ClassDef)
        and isinstance(made.func, ast.Name)
        and kind.name == made.func.id
        and any(is_function(one) and one.name == "forward" for one in kind.body)
        for kind in ast.walk(names.source.tree)
    )


def _is_given(node: ast.Call, others: list[ast.Call]) -> bool:
    """Whether this takes the result of another one together with something else, as a loss does."""
    return len(node.args) > 1 and any(node.args[0] is other for other in others)


def _evaluation(names: Names, call: ast.Call, model: str) -> ast.stmt:
    """The outermost statement round the call in which nothing trains, nothing is optional, and the model is given."""
    source = names.source
    found = source.statement(call)
    for outer in source.ancestors(found):
        if not isinstance(outer, ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith):
            break
        if trains(names, outer) or _gives(outer, model):
            break
        found = outer
    return found


def _topmost(source: Source, statement: ast.stmt) -> ast.stmt:
    """The statement of the function's body, or the module's, that this one is part of."""
    for outer in source.ancestors(statement):
        if is_function(outer) or isinstance(outer, ast.ClassDef | ast.Module):
            break
        if isinstance(outer, ast.stmt):
            statement = outer
    return statement


def _gives(outer: ast.AST, written: str) -> bool:
    """Whether the first name of what is written gets a value in it."""
    root = written.partition(".")[0]
    return any(
        isinstance(node, ast.Name) and node.id == root and isinstance(node.ctx, ast.Store) for node in ast.walk(outer)
    )


def _calls_method(statement: ast.AST, name: str) -> bool:
    """Whether the statement is a call of that method; `train(False)` is no call of train."""
    match statement:
        case ast.Expr(value=value) | ast.Assign(value=value):
            return _is_call_of(value, name)
    return False


def _is_call_of(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=attr), args=args) if attr == name:
            return not any(isinstance(one, ast.Constant) and one.value is False for one in args)
    return False


def _reaches(names: Names, outer: ast.AST, *methods: str) -> bool:
    """Whether a method of such a name is called in it, or in the functions of this file that it calls."""
    seen, waiting = set[ast.AST](), [outer]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
            if any(_is_call_of(one, method) for one in calls for method in methods):
                return True
            waiting += [function for one in calls for function in _meant(names, one)]
    return False


def _meant(names: Names, call: ast.Call) -> Iterator[Function]:
    """The functions of this file that a call may mean."""
    match call.func:
        case ast.Name(id=name):
            function = names.defined(name)
            if function is not None:
                yield function
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            owner = names.owner(call)
            if owner is not None and owner[1] == name:
                yield from (one for one in owner[0].body if is_function(one) and one.name == attr)


def _goes_on_in_eval(names: Names, statement: ast.stmt) -> bool:
    """Whether training goes on after the statement, or what calls its function, and nothing brings back its mode."""
    source, seen, waiting = names.source, set[ast.stmt](), [statement]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        training: list[Loop] = [loop for loop in source.loops(one) if trains(names, loop)]
        function = source.function(one)
        if training and not _reaches(names, training[0], "train"):
            return True
        if not training and function is not None:
            waiting += [source.statement(call) for call in names.calls_of(function)]
    return False
