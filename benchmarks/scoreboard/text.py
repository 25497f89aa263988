"""A program as a linter reads it: its syntax trees, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, slots=True)
class Text:
    """The files of one program, and every node of every file."""

    trees: tuple[ast.Module, ...]
    nodes: tuple[ast.AST, ...]

    def calls(self, *names: str) -> list[ast.Call]:
        """The calls of anything with one of these names, whatever it is an attribute of; all calls if none is named."""
        found = (node for node in self.nodes if isinstance(node, ast.Call))
        return [call for call in found if not names or called(call) in names]

    def has(self, *names: str) -> bool:
        """Whether something with one of these names is called."""
        return bool(self.calls(*names))

    def functions(self, *names: str) -> list[Function]:
        """The functions and methods with these names; all if none is named."""
        found = (node for node in self.nodes if isinstance(node, Function))
        return [function for function in found if not names or function.name in names]

    def loops(self) -> list[Loop]:
        """Every loop."""
        return [node for node in self.nodes if isinstance(node, Loop)]

    def blocks(self) -> Iterator[list[ast.stmt]]:
        """Every list of statements that follow each other."""
        for node in self.nodes:
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block:
                    yield block

    def repeated(self) -> set[ast.Call]:
        """The calls that stand in a loop, or in a function that is called in one."""
        found = {call for loop in self.loops() for call in calls_in(loop)}
        names = {called(call) for call in found}
        return found | {call for function in self.functions() if function.name in names for call in calls_in(function)}

    def value(self, node: ast.AST) -> float | None:
        """The number an expression stands for: written there, or once under its name, or as an option's default."""
        if (number := literal(node)) is not None:
            return number
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        values = {number for number in (literal(value) for value in self._named(name)) if number is not None}
        return values.pop() if name and len(values) == 1 else None

    def _named(self, name: str) -> Iterator[ast.AST]:
        for node in self.nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=found) | ast.Attribute(attr=found)], value=value) if found == name:
                    yield value
                case ast.AnnAssign(target=ast.Name(id=found), value=ast.AST() as value) if found == name:
                    yield value
                case ast.Call(args=[ast.Constant(value=str(option)), *_]) if (
                    option.lstrip("-").replace("-", "_") == name
                ):
                    yield from (word.value for word in node.keywords if word.arg == "default")


def text_of(sources: Sequence[str]) -> Text:
    """The program of these files; one that is no Python counts for nothing."""
    trees = []
    for source in sources:
        try:
            trees.append(ast.parse(source))
        except SyntaxError:
            continue
    return Text(tuple(trees), tuple(node for tree in trees for node in ast.walk(tree)))


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def calls_in(node: ast.AST, *names: str) -> list[ast.Call]:
    """The calls in there of these names; all if none is named."""
    found = (one for one in ast.walk(node) if isinstance(one, ast.Call))
    return [call for call in found if not names or called(call) in names]


def literal(node: ast.AST) -> float | None:
    """The number written there."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -float(number)
        case ast.Constant(value=int() | float() as number):
            return float(number)
    return None


def argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    """What a call is given under that name, or at that place."""
    named = next((word.value for word in call.keywords if word.arg == name), None)
    return named if named is not None else call.args[place] if len(call.args) > place else None


def outputs(text: Text) -> set[str]:
    """What the networks of a program end in: the calls whose values `forward` returns, or that end a Sequential."""
    ends: set[str] = set()
    modules = _assigned(text.nodes)
    for function in text.functions("forward"):
        here = _assigned(ast.walk(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and node.value is not None:
                ends |= {_ending(value, here | {"": []}, modules) for value in _parts(node.value)}
    for call in text.calls("Sequential"):
        if any(call in values for name, values in modules.items() if not name.startswith("self.")):
            ends.add(_ending(call, {}, modules))
    return ends


def given_to(text: Text, *losses: str) -> set[str]:
    """The calls whose values are given directly to these losses."""
    made = made_of(text, *losses)
    found: set[str] = set()
    for function in (*text.functions(), *text.trees):
        here = _assigned(ast.walk(function))
        for call in calls_in(function):
            if call.args and (called(call) in losses or dotted(call.func) in made):
                found.add(_ending(call.args[0], here, {}))
    return found


def made_of(text: Text, *names: str) -> set[str]:
    """The names that are given the values of calls of these."""
    return {name for name, values in _assigned(text.nodes).items() if any(called(one) in names for one in values)}


def dotted(node: ast.AST) -> str:
    """The name, with what it is an attribute of; "" for what is no name."""
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _assigned(nodes: Iterable[ast.AST]) -> dict[str, list[ast.Call]]:
    """The calls whose values each name is given."""
    found: dict[str, list[ast.Call]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for target in node.targets:
                if name := dotted(target):
                    found.setdefault(name, []).append(node.value)
    return found


def _parts(value: ast.expr) -> Sequence[ast.expr]:
    return value.elts if isinstance(value, ast.Tuple) else [value]


def _ending(value: ast.AST, here: dict[str, list[ast.Call]], modules: dict[str, list[ast.Call]]) -> str:
    """The name of the last call that makes a value, through names, modules and the ends of Sequentials."""
    if isinstance(value, ast.Name) and here.get(value.id):
        return _ending(here[value.id][-1], {**here, value.id: []}, modules)
    if not isinstance(value, ast.Call):
        return ""
    made = modules.get(dotted(value.func), [])
    if made:
        return _ending(made[-1], here, {**modules, dotted(value.func): []})
    if called(value) == "Sequential" and value.args:
        return _ending(value.args[-1], here, modules)
    if called(value) in ("squeeze", "view", "reshape", "flatten", "float") and isinstance(value.func, ast.Attribute):
        return _ending(value.func.value, here, modules)
    return called(value)
