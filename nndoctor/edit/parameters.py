"""Which parameters are trained: freezing lines taken out, optimizers given the whole model; and one iterator a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.edit.calls import remove_call
from nndoctor.edit.names import Names
from nndoctor.edit.source import CannotEdit, Loop, Source, Splice, is_function, is_loop
from nndoctor.edits import RemoveCall


def unfreeze(names: Names, place: Place) -> list[Splice]:
    """Takes out what sets `requires_grad` to False, and the loop that did nothing else."""
    source = names.source
    statement = source.at(place)
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr="requires_grad")], value=ast.Constant(value=False)):
            return [source.without(_emptied(source, statement))]
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver, attr="requires_grad_"), args=args)):
            if _is_false(args) and not _acts(receiver):
                return [source.without(_emptied(source, statement))]
    calls = [node for node in source.on(place) if _freezes(node)]
    if len(calls) != 1:
        raise CannotEdit(f"line {place.line} does not freeze one thing only")
    return remove_call(names, RemoveCall("requires_grad_"), place)


def hold_all_parameters(names: Names, place: Place) -> list[Splice]:
    """Parts of a model become the whole; an optimizer that is built too early is built after the last layer."""
    source = names.source
    calls = [
        node for node in source.on(place) if isinstance(node, ast.Call) and node.args and _is_optimizer(names, node)
    ]
    if len(calls) != 1:
        raise CannotEdit(f"line {place.line} builds {len(calls) or 'no'} optimizers")
    given = calls[0].args[0]
    parts = [ast.unparse(part).split(".") for part in _parts(given)]
    if not parts or not all(word.isidentifier() for part in parts for word in part):
        raise CannotEdit(f"line {place.line} does not hand over the parameters of parts of a model")
    whole = _common(parts)
    if len(parts) == 1 and len(whole) == 1:
        return _moved(source, calls[0], whole[0])
    whole = whole[:-1] if whole in parts and len(whole) > 1 else whole
    if not whole or whole in parts or (len(whole) == 1 and _is_no_module(names, calls[0], whole[0])):
        raise CannotEdit(f"of what model the parts on line {place.line} are can't be told")
    return [source.replaced(given, f"{'.'.join(whole)}.parameters()")]


def one_iterator(names: Names, place: Place) -> list[Splice]:
    """One that goes on from step to step, over the loader again and again where the loop may be longer.

    What is drawn once in front of the loop is drawn at each of its steps.
    """
    source = names.source
    made = [iterator for node in source.on(place) if (iterator := _made_anew(node)) is not None]
    if len(made) != 1:
        raise CannotEdit(f"line {place.line} shows no next(iter(loader))")
    iterator = made[0]
    loader, loops = source.code(iterator.args[0]), source.loops(made[0])
    used = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)} | set(names.imports)
    name = next(word for word in ("batches", "train_batches", "batch_iterator", "batches_") if word not in used)
    if loops and _ends_with(source, loops[0], loader):
        return [source.before(loops[0], f"{name} = iter({loader})"), source.replaced(iterator, name)]
    if not isinstance(iterator.args[0], ast.Name | ast.Attribute):
        raise CannotEdit(f"the loop round line {place.line} may draw more batches than the loader has")
    endless = f"{name} = (batch for _ in iter(int, 1) for batch in {loader})  # over and over"
    if loops:
        return [source.before(loops[0], endless), source.replaced(iterator, name)]
    statement = source.statement(iterator)
    start, code = source.begin(statement), source.code(statement)
    drawn = code[: source.begin(iterator) - start] + name + code[source.end(iterator) - start :]
    inner = _loop_that_uses(source, statement)
    return [Splice(start, source.end(statement), endless), source.before(inner.body[0], drawn)]


def random_order(names: Names, place: Place) -> list[Splice]:
    """Only the one order of which slices are taken in the loop round the line."""
    source = names.source
    loops = source.loops(source.at(place))
    cut = {
        node.value.id
        for loop in loops[:1]
        for node in ast.walk(loop)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.value, ast.Name)
    }
    made = [call for name in sorted(cut) for call in names.calls_behind(source.written_at(name, source.at(place)))]
    orders = [call for call in made if names.is_torchs(call.func, "arange") and len(call.args) == 1]
    if len(orders) != 1 or orders[0].keywords:
        raise CannotEdit(f"no order of the samples is made for the loop round line {place.line}")
    wanted = f"{source.code(orders[0].func).rpartition('.')[0]}.randperm"
    if wanted.startswith("."):
        raise CannotEdit("randperm would have to be imported first")
    return [source.replaced(orders[0].func, wanted)]


def _is_false(args: list[ast.expr]) -> bool:
    return len(args) == 1 and isinstance(args[0], ast.Constant) and args[0].value is False


def _freezes(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="requires_grad_"), args=args):
            return _is_false(args)
    return False


def _acts(receiver: ast.expr) -> bool:
    """Whether evaluating it does something by itself, as `model.eval()` does."""
    return any(isinstance(node, ast.Call) for node in ast.walk(receiver))


def _emptied(source: Source, statement: ast.stmt) -> ast.stmt:
    """The outermost loop that does nothing but this."""
    outer = source.parent(statement)
    while is_loop(outer) and len(outer.body) == 1 and not outer.orelse:
        statement = outer
        outer = source.parent(statement)
    return statement


def _is_optimizer(names: Names, call: ast.Call) -> bool:
    dotted = names.dotted(call.func)
    return dotted.startswith("torch.optim.") and not dotted.startswith("torch.optim.lr_scheduler.")


def _parts(given: ast.expr) -> Iterator[ast.expr]:
    """What the parameters are taken of, in a call, a sum of lists or a list of groups that say nothing else."""
    match given:
        case ast.Call(func=ast.Attribute(value=value, attr="parameters"), args=[], keywords=[]):
            yield value
        case ast.Call(func=ast.Name(id="list"), args=[inner]):
            yield from _parts(inner)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (*_parts(left), *_parts(right))
        case ast.List(elts=elements):
            for element in elements:
                match element:
                    case ast.Dict(keys=[ast.Constant(value="params")], values=[inner]) | ast.Starred(value=inner):
                        yield from _parts(inner)
                    case _:
                        raise CannotEdit("the groups of parameters have settings of their own")
        case _:
            raise CannotEdit("the parameters are chosen in a way that can't be followed")


def _common(parts: list[list[str]]) -> list[str]:
    whole = parts[0]
    for part in parts[1:]:
        same = (one == other for one, other in zip(whole, part, strict=False))
        whole = whole[: next((n for n, alike in enumerate(same) if not alike), min(len(whole), len(part)))]
    return whole


def _is_no_module(names: Names, call: ast.Call, name: str) -> bool:
    """Whether this is the object of a class that is no module itself: a trainer of the user's own."""
    owner = names.owner(call)
    if owner is None or owner[1] != name:
        return False
    methods = {one.name for one in owner[0].body if is_function(one)}
    return not methods & {"forward", "training_step"}


def _moved(source: Source, call: ast.Call, model: str) -> list[Splice]:
    """The statement that builds the optimizer, put behind the last line that gives the model a layer."""
    statement = source.statement(call)
    block = source.block(statement)
    later = block[block.index(statement) + 1 :]
    layers = [one for one in later if _gives_layer(one, model)]
    if not layers or not isinstance(statement, ast.Assign):
        raise CannotEdit(f"the optimizer holds all that {model} has, and nothing is added to it afterwards")
    names = {node.id for target in statement.targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    between = later[: later.index(layers[-1]) + 1]
    if any(isinstance(n, ast.Name) and n.id in names for one in between for n in ast.walk(one)):
        raise CannotEdit("the optimizer is used before the model has its last layer")
    return [source.without(statement), source.after(layers[-1], *source.code(statement).splitlines())]


def _gives_layer(statement: ast.stmt, model: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Attribute() as target], value=ast.Call()):
            return ast.unparse(target).startswith(f"{model}.")
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="add_module" | "append"))):
            return name == model
    return False


def _made_anew(node: ast.expr) -> ast.Call | None:
    """The call of iter in next(iter(loader))."""
    match node:
        case ast.Call(func=ast.Name(id="next"), args=[ast.Call(func=ast.Name(id="iter"), args=[_]) as iterator]):
            return iterator
    return None


def _loop_that_uses(source: Source, statement: ast.stmt) -> Loop:
    """The innermost loop behind a statement in which what it assigns is used first, and not assigned again."""
    assigned = {
        node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    block = source.block(statement)
    uses = [
        node
        for later in block[block.index(statement) + 1 :]
        for node in ast.walk(later)
        if isinstance(node, ast.Name) and node.id in assigned
    ]
    loops = source.loops(uses[0]) if uses else []
    if not loops or loops[0] in source.loops(statement) or any(isinstance(use.ctx, ast.Store) for use in uses):
        raise CannotEdit(f"no loop uses what line {statement.lineno} draws")
    return loops[0]


def _ends_with(source: Source, loop: ast.AST, loader: str) -> bool:
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[one])])):
            return source.code(one) == loader
    return False
