"""Tensors kept without their graph, compared in the same shape, or drawn by another initializer."""

from __future__ import annotations

import ast

from nndoctor.case import Place
from nndoctor.edit.calls import CLASSES
from nndoctor.edit.names import Names
from nndoctor.edit.source import CannotEdit, Source, Splice, inside, is_atom, is_function
from nndoctor.edits import Initialize, LogSoftmaxFirst

KEEPING = ("append", "appendleft", "add", "insert")
NUMBERS = ("item", "detach", "tolist", "numpy", "cpu")
PAIRED = (ast.Sub, ast.Mult, ast.Div, ast.Add)


def detach_kept(names: Names, place: Place) -> list[Splice]:
    """`total += loss` becomes `total += loss.detach()`; the same for what is appended or put under a key.

    A method that adds up what it is handed may be handed numbers too: there it becomes `self.sum += float(value)`.
    """
    source = names.source
    statement = source.at(place)
    kept = _kept(statement)
    totals = _totals_in(source, kept) if kept is not None else []
    if len(totals) == 1:
        kept = _kept(totals[0])  # history.append(total / 100): the graphs come with the total
    if kept is None or isinstance(kept, ast.Tuple | ast.List | ast.Dict | ast.Constant | ast.Starred):
        raise CannotEdit(f"line {place.line} does not add one tensor to what it keeps")
    if isinstance(kept, ast.Call) and isinstance(kept.func, ast.Attribute) and kept.func.attr in NUMBERS:
        raise CannotEdit(f"what line {place.line} keeps has no graph")
    function = source.function(kept)
    if function is not None and any(isinstance(n, ast.Name) and n.id in _handed(function) for n in ast.walk(kept)):
        adds = isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp)
        if not adds and not isinstance(statement, ast.AugAssign):
            raise CannotEdit(f"what line {place.line} keeps was handed over, and need not be a tensor each time")
        return [source.replaced(kept, f"float({source.code(kept)})")]
    return [source.replaced(kept, f"{_atom(source, kept)}.detach()")]


def match_shapes(names: Names, place: Place) -> list[Splice]:
    """The one is viewed in the shape of the other."""
    source = names.source
    pairs = [pair for node in source.on(place) if (pair := _loss_pair(names, node)) is not None]
    if not pairs:
        met = [node for node in source.on(place) if isinstance(node, ast.BinOp) and isinstance(node.op, PAIRED)]
        met = [node for node in met if not _is_number(node.left) and not _is_number(node.right)]
        apart = [(node.left, node.right) for node in met if isinstance(node.op, ast.Sub)]
        equal = [pair for node in source.on(place) if (pair := _equal_pair(names, node)) is not None]
        pairs = [*apart, *equal] or [(node.left, node.right) for node in met]
    if len(pairs) != 1:
        raise CannotEdit(f"which two tensors line {place.line} compares can't be told")
    one, other = pairs[0]
    if isinstance(one, ast.Name | ast.Attribute):
        return [source.replaced(other, f"{_atom(source, other)}.view_as({source.code(one)})")]
    if isinstance(other, ast.Name | ast.Attribute):
        return [source.replaced(one, f"{_atom(source, one)}.view_as({source.code(other)})")]
    raise CannotEdit(f"neither of the two tensors on line {place.line} has a name")


def zero_for_half(names: Names, place: Place) -> list[Splice]:
    """`scores > 0.5` becomes `scores > 0`, and `scores.round()` becomes `torch.sigmoid(scores).round()`."""
    source = names.source
    nodes = source.on(place)
    halves = [half for node in nodes if (half := _half_in(node)) is not None]
    rounded = [one for node in nodes if (one := _rounded(names, node)) is not None]
    if len(halves) + len(rounded) != 1:
        raise CannotEdit(f"what line {place.line} holds against 0.5 can't be told")
    if halves:
        return [source.replaced(halves[0], "0")]
    wanted = names.spelled("torch.sigmoid")
    if not wanted:
        raise CannotEdit("torch.sigmoid would have to be imported first")
    return [source.replaced(rounded[0], f"{wanted}({source.code(rounded[0])})")]


def log_softmax_first(names: Names, edit: LogSoftmaxFirst, place: Place) -> list[Splice]:
    """Puts a log_softmax over the last axis round what the loss gets first."""
    source = names.source
    pairs = [pair for node in source.on(place) if (pair := _loss_pair(names, node, edit.of)) is not None]
    wanted = names.spelled("torch.nn.functional.log_softmax") or names.spelled("torch.log_softmax")
    if len(pairs) != 1 or not wanted:
        raise CannotEdit(f"line {place.line} shows no single call of {edit.of}")
    return [source.replaced(pairs[0][0], f"{wanted}({source.code(pairs[0][0])}, dim=-1)")]


def initialize(names: Names, edit: Initialize, place: Place) -> list[Splice]:
    """Another initializer for the same tensor; random numbers for a parameter are scaled to its size."""
    source = names.source
    calls = [node for node in source.on(place) if isinstance(node, ast.Call)]
    inits = [node for node in calls if names.dotted(node.func).startswith("torch.nn.init.") and node.args]
    if len(inits) == 1:
        tensor = inits[0].args[0]
        if (edit.by == "zeros_") != (isinstance(tensor, ast.Attribute) and tensor.attr == "bias"):
            raise CannotEdit(f"line {place.line} fills another kind of parameter")
        if edit.by != "zeros_":
            _check_is_matrix(names, tensor)
        wanted = f"{source.code(inits[0].func).rpartition('.')[0]}.{edit.by}"
        if wanted.startswith("."):
            raise CannotEdit(f"{edit.by} would have to be imported first")
        return [source.replaced(inits[0], f"{wanted}({source.code(tensor)})")]
    drawn = [node for node in calls if names.is_torchs(node.func, "randn") and not node.keywords]
    if len(drawn) != 1 or len(drawn[0].args) != 2 or not _fills_parameter(names, drawn[0]) or edit.by == "zeros_":
        raise CannotEdit(f"line {place.line} calls no initializer of torch's")
    rows, columns = (source.code(one) for one in drawn[0].args)
    return [source.replaced(drawn[0], f"{source.code(drawn[0])} * (2 / ({rows} + {columns})) ** 0.5")]


def _kept(statement: ast.stmt) -> ast.expr | None:
    """What a statement adds to something that lives longer."""
    match statement:
        case ast.AugAssign(op=ast.Add(), value=value):
            return value
        case ast.Assign(targets=[ast.Subscript()], value=value):
            return value
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=ast.Add(), right=right)):
            written = ast.unparse(target)
            return right if ast.unparse(left) == written else left if ast.unparse(right) == written else None
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr), args=[*_, last])) if attr in KEEPING:
            return last
    return None


def _totals_in(source: Source, kept: ast.expr) -> list[ast.AugAssign]:
    """The statements of the same function that add to what the expression is made of."""
    scope = source.function(kept) or source.tree
    return [
        node
        for node in inside(scope.body)
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Name)
        if node.target.id in _named(kept) and not isinstance(node.value, ast.Constant)
    ]


def _handed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    arguments = function.args
    return {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)} - {"self", "cls"}


def _atom(source: Source, node: ast.expr) -> str:
    code = source.code(node)
    return code if is_atom(node) and not isinstance(node, ast.Constant) else f"({code})"


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _is_number(node.operand)
    return isinstance(node, ast.Constant)


def _loss_pair(names: Names, node: ast.expr, name: str = "") -> tuple[ast.expr, ast.expr] | None:
    """Prediction and target of a call of a loss of torch's, or of this one alone."""
    if not isinstance(node, ast.Call) or len(node.args) < 2:
        return None
    ways = [names.dotted(node.func), *(names.dotted(made.func) for made in names.calls_behind(node.func))]
    losses = {way.rpartition(".")[2] for way in ways if way.startswith("torch.nn.") and _is_loss(way)}
    if not losses or (name and losses.isdisjoint({name, *CLASSES.get(name, ())})):
        return None
    one, other = node.args[:2]
    return None if isinstance(one, ast.Starred) or isinstance(other, ast.Starred) else (one, other)


def _is_loss(dotted: str) -> bool:
    return dotted.lower().endswith("loss") or dotted.rpartition(".")[2] in CLASSES


def _equal_pair(names: Names, node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The two that are compared: by an operator, a method, or a function of torch's."""
    pair: tuple[ast.expr, ast.expr] | None = None
    match node:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            pair = left, right
        case ast.Call(func=func, args=[left, right]) if names.is_torchs(func, "eq", "ne"):
            pair = left, right
        case ast.Call(func=ast.Attribute(value=left, attr="eq" | "ne"), args=[right]) if not names.dotted(node.func):
            pair = left, right
    return None if pair is None or any(isinstance(one, ast.Constant | ast.Starred) for one in pair) else pair


def _half_in(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Compare(
            ops=[ast.Gt() | ast.GtE() | ast.Lt() | ast.LtE()], comparators=[ast.Constant(value=0.5) as half]
        ):
            return half
        case ast.Compare(left=ast.Constant(value=0.5) as half, ops=[ast.Gt() | ast.GtE() | ast.Lt() | ast.LtE()]):
            return half
        case ast.Call(func=ast.Attribute(attr="gt" | "ge" | "lt" | "le"), args=[*_, ast.Constant(value=0.5) as half]):
            return half
    return None


def _rounded(names: Names, node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Call(func=func, args=[scores]) if names.is_torchs(func, "round"):
            return scores
        case ast.Call(func=ast.Attribute(value=scores, attr="round"), args=[]) if not names.dotted(node.func):
            return scores
    return None


def _fills_parameter(names: Names, node: ast.expr) -> bool:
    outer = names.source.parent(node)
    return isinstance(outer, ast.Call) and names.is_torchs(outer.func, "Parameter")


def _check_is_matrix(names: Names, tensor: ast.expr) -> None:
    """Initializers that look at the number of inputs refuse tensors of one axis, as biases and norms have them."""
    source = names.source
    root = next((n for n in ast.walk(tensor) if isinstance(n, ast.Name)), None)
    if isinstance(tensor, ast.Attribute) and tensor.attr == "bias":
        raise CannotEdit("a bias has no inputs to be scaled by")
    if root is None or not _is_any_of_many(source, root):
        return
    tests = [outer.test for outer in source.ancestors(tensor) if isinstance(outer, ast.If)]
    for test in tests:
        for node in ast.walk(test):
            match node:
                case ast.Call(func=ast.Name(id="isinstance"), args=[_, kinds]):
                    told = [
                        names.dotted(kind) for kind in ast.walk(kinds) if isinstance(kind, ast.Attribute | ast.Name)
                    ]
                    if not any("Norm" in name for name in told):
                        return
                case ast.Attribute(attr="dim" | "ndim"):
                    return
    raise CannotEdit("the line fills parameters of several kinds, and some may have one axis only")


def _is_any_of_many(source: Source, root: ast.Name) -> bool:
    """Whether the name stands for many things in turn: a loop's variable, or a parameter of a function."""
    for outer in source.ancestors(root):
        if isinstance(outer, ast.For | ast.AsyncFor) and root.id in _named(outer.target):
            return True
        if is_function(outer):
            return root.id in _handed(outer)
    return False


def _named(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}
