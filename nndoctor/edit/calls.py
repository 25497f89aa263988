"""Calls of torch's functions taken out of the source, or replaced by others: as function, method or module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from nndoctor.case import Place
from nndoctor.edit.names import Names
from nndoctor.edit.order import BACKWARD
from nndoctor.edit.source import CannotEdit, Source, Splice, is_atom, is_operand
from nndoctor.edits import RemoveCall, ReplaceCall

CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "softmax": ("Softmax", "Softmax2d"),
        "log_softmax": ("LogSoftmax",),
        "sigmoid": ("Sigmoid",),
        "nll_loss": ("NLLLoss", "NLLLoss2d"),
        "cross_entropy": ("CrossEntropyLoss",),
        "binary_cross_entropy": ("BCELoss",),
        "binary_cross_entropy_with_logits": ("BCEWithLogitsLoss",),
        "kl_div": ("KLDivLoss",),
    }
)
"""The modules of torch.nn that do what a function does."""

CUTS = ("detach", "data")
LEAVING = ("numpy", "tolist", "item", "cpu")
"""What makes something else of a tensor, for which it must have been detached."""

SEEDING = ("torch.manual_seed", "torch.random.manual_seed", "numpy.random.seed", "random.seed")


def remove_call(names: Names, edit: RemoveCall, place: Place) -> list[Splice]:
    """Takes out the one call of that function on the line, or the element of the container that the line calls."""
    source = names.source
    nodes = source.on(place)
    calls = [(node, kept) for node in nodes if (kept := _kept(names, node, edit.of)) is not None]
    if len(calls) == 1:
        outer = source.parent(calls[0][0])
        if edit.of in CUTS and isinstance(outer, ast.Attribute) and outer.attr in LEAVING:
            raise CannotEdit(
                f"line {place.line} leaves torch by {outer.attr}(): no gradient finds its way back from there"
            )
        taken_out = _without_call(source, *calls[0])
        return [taken_out, *(_detached_at_first(source, calls[0][0]) if edit.of in CUTS else [])]
    if calls:
        raise CannotEdit(f"line {place.line} calls {edit.of} {len(calls)} times")
    elements = list(dict.fromkeys(_elements(names, nodes, edit.of)))
    if len(elements) != 1:
        raise CannotEdit(f"line {place.line} shows no call of {edit.of}, and no container that ends in it")
    return [without_element(source, elements[0])]


def _detached_at_first(source: Source, cut: ast.expr) -> list[Splice]:
    """What was detached for two backward passes is detached for the first alone, as a GAN's fakes for its critic."""
    statement = source.statement(cut)
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is cut:
            block = source.block(statement)
            later = block[block.index(statement) + 1 :]
            passes = [n for n, one in enumerate(later) if any(_is_backward(node) for node in ast.walk(one))]
            if len(passes) < 2:
                return []
            first = (node for one in later[: passes[0] + 1] for node in ast.walk(one))
            return [
                source.replaced(node, f"{name}.detach()")
                for node in first
                if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
            ]
    return []


def _is_backward(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in BACKWARD


def replace_call(names: Names, edit: ReplaceCall, place: Place) -> list[Splice]:
    """Renames the one call on the line, or the one that made the object which is called there."""
    nodes = [node for node in names.source.on(place) if isinstance(node, ast.Call)]
    functions = [node for node in nodes if names.is_torchs(node.func, edit.of)]
    modules = [call for node in nodes for call in names.calls_behind(node.func) if _makes(names, call, edit.of)]
    found = list(dict.fromkeys([*functions, *modules]))
    if len(found) != 1:
        raise CannotEdit(f"line {place.line} shows {len(found) or 'no'} calls of {edit.of}")
    module = names.dotted(found[0].func).rpartition(".")[0]
    wanted = names.spelled(f"{module}.{edit.by if functions else CLASSES[edit.by][0]}")
    if "." not in wanted:
        raise CannotEdit(f"{edit.by} would have to be imported first")
    return [names.source.replaced(found[0].func, wanted)]


def remove_seeding(names: Names, place: Place) -> list[Splice]:
    """Takes out the statement on the line that is nothing but the setting of a seed."""
    statement = names.source.at(place)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        raise CannotEdit(f"line {place.line} does more than to set a seed")
    if names.dotted(statement.value.func) not in SEEDING:
        raise CannotEdit(f"line {place.line} sets no seed")
    return [names.source.without(statement)]


def _makes(names: Names, call: ast.expr | None, function: str) -> bool:
    """Whether this builds the module that does what the function does."""
    return isinstance(call, ast.Call) and names.is_torchs(call.func, *CLASSES.get(function, ()))


def _kept(names: Names, node: ast.expr, function: str) -> str | None:
    """What is left of a call of the function when it is taken out; None for all that is none."""
    source = names.source
    match node:
        case ast.Call(func=func, args=args) if names.is_torchs(func, function) or _is_instance(names, func, function):
            given = args[0] if args else next((one.value for one in node.keywords if one.arg == "input"), None)
            return None if given is None or isinstance(given, ast.Starred) else _inner(source, node, given)
        case ast.Call(func=ast.Attribute(attr=attr) as func) if attr == function and names.is_given(func.value):
            return _receiver(source, node, func)
        case ast.Attribute(attr=attr) if attr == function == "data" and names.is_given(node.value):
            return _receiver(source, node, node)
    return None


def _is_instance(names: Names, func: ast.expr, function: str) -> bool:
    made = names.calls_behind(func)
    return len(made) == 1 and _makes(names, made[0], function)


def _inner(source: Source, call: ast.Call, given: ast.expr) -> str:
    """The argument by itself, in parentheses where it would fall apart without."""
    code = source.code(given)
    loose = not is_atom(given) and (is_operand(source.parent(call)) or "\n" in code or "\r" in code)
    return f"({code})" if loose else code


def _receiver(source: Source, node: ast.expr, func: ast.Attribute) -> str:
    """What stands before the dot; its own parentheses go where nothing needs them."""
    dot = source.text.rindex(".", source.begin(node), source.end(func) - len(func.attr))
    kept, bare = source.text[source.begin(node) : dot].rstrip(), source.code(func.value)
    one_row = "\n" not in bare and "\r" not in bare
    return bare if kept == f"({bare})" and one_row and not is_operand(source.parent(node)) else kept


def _without_call(source: Source, node: ast.expr, kept: str) -> Splice:
    statement = source.statement(node)
    match statement:
        case ast.Assign(targets=[target], value=value) if value is node and source.code(target) == kept:
            return source.without(statement)  # scores = softmax(scores)
    return source.replaced(node, kept)


def _elements(names: Names, nodes: list[ast.expr], function: str) -> Iterator[ast.expr]:
    """The last elements of the containers that are called there, if they do what the function does."""
    for node in nodes:
        if isinstance(node, ast.Call):
            for made in names.calls_behind(node.func):
                yield from _last(names, made, function)


def _last(names: Names, made: ast.Call, function: str) -> Iterator[ast.expr]:
    if not names.is_torchs(made.func, "Sequential") or not made.args:
        return
    last = made.args[-1]
    for inner in names.calls_behind(last):
        if _makes(names, inner, function):
            yield last
        else:
            yield from _last(names, inner, function)


def without_element(source: Source, element: ast.expr) -> Splice:
    """Takes the last of some arguments out, with the comma before it and the row that it had for itself."""
    call = source.parent(element)
    assert isinstance(call, ast.Call)  # noqa: S101 - it is an argument
    if len(call.args) == 1:
        raise CannotEdit("the container would be empty")
    before = source.end(call.args[-2])
    tokens = [token for token in source.tokens(call) if token[1] >= before]
    comma = next(token for token in tokens if token[0] == ",")
    end = source.end(element)
    after = [token for token in tokens if token[1] >= end]
    trailing = after[0][0] == ","
    begin = source.begin(element)
    row = source.offset(element.lineno, 0)
    rest = source.text.find("\n", after[0][2]) + 1
    tail = source.text[after[0][2] : rest].strip()
    if trailing and rest and not source.text[row:begin].strip() and (not tail or tail.startswith("#")):
        return Splice(row, rest, "")
    return Splice(comma[1], end, "")
