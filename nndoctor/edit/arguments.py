"""Arguments of calls set to another value, and learning rates scaled where they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.edit.names import Names
from nndoctor.edit.source import CannotEdit, Source, Splice, is_atom
from nndoctor.edits import Measured, ScaleLearningRate, SetArgument

RATES = ("lr", "learning_rate")

CONTRARY = {"shuffle": ("sampler", "batch_sampler")}
"""Arguments that some other argument excludes."""


def set_argument(names: Names, edit: SetArgument, place: Place) -> list[Splice]:
    """Sets a keyword of the one call of that name on the line, or behind a name used there."""
    nodes = names.source.on(place)
    given = (call for call in _settings(names, nodes) if names.is_torchs(call.func, edit.of))
    calls = list(dict.fromkeys(_calls(names, nodes, edit.of))) or list(dict.fromkeys(given))
    if len(calls) != 1:
        raise CannotEdit(f"line {place.line} leads to {len(calls) or 'no'} calls of {edit.of}")
    call = calls[0]
    written = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in written or any(isinstance(one, ast.Starred) for one in call.args):
        raise CannotEdit(f"the arguments of {edit.of} are unpacked from a variable")
    excluding = [name for name in CONTRARY.get(edit.argument, ()) if name in written]
    if excluding:
        raise CannotEdit(f"{edit.of} has a {excluding[0]}, with which {edit.argument} can't be set")
    if isinstance(edit.value, Measured):
        raise CannotEdit(f"{edit.value.fact} was not measured")
    value = _number(edit.value) if isinstance(edit.value, float) else str(edit.value)  # True and False as they are
    if edit.argument in written:
        if names.source.code(written[edit.argument]) == value:
            raise CannotEdit(f"{edit.argument} is {value} already")
        return [names.source.replaced(written[edit.argument], value)]
    return [_appended(names.source, call, f"{edit.argument}={value}")]


def scale_learning_rate(names: Names, edit: ScaleLearningRate, place: Place) -> list[Splice]:
    """Scales the number itself where the file shows one, and else what stands for it."""
    factor = edit.factor
    if isinstance(factor, Measured):
        raise CannotEdit(f"{factor.fact} was not measured")
    nodes = names.source.on(place)
    rates = list(_rates(names, nodes)) or list(_rates(names, list(dict.fromkeys(_settings(names, nodes)))))
    if len(rates) != 1:
        raise CannotEdit(f"line {place.line} gives {len(rates) or 'no'} learning rates")
    numbers = list(dict.fromkeys(_written_as(names, rates[0])))
    if len(numbers) == 1 and isinstance(numbers[0], ast.Constant) and isinstance(numbers[0].value, int | float):
        return [names.source.replaced(numbers[0], _number(numbers[0].value * factor))]
    code = names.source.code(rates[0])
    loose = not is_atom(rates[0]) or "\n" in code
    return [names.source.replaced(rates[0], f"({code}) * {factor:g}" if loose else f"{code} * {factor:g}")]


def _calls(names: Names, nodes: list[ast.expr], name: str) -> Iterator[ast.Call]:
    for node in nodes:
        if isinstance(node, ast.Call) and names.is_torchs(node.func, name):
            yield node
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from (call for call in names.calls_behind(node) if names.is_torchs(call.func, name))


def _rates(names: Names, nodes: list[ast.expr]) -> Iterator[ast.expr]:
    """The learning rates of the optimizers that are built there."""
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg in RATES]
        if not given and names.dotted(node.func).startswith("torch.optim.") and len(node.args) > 1:
            given = [node.args[1]]
        yield from given
        for inner in node.args[:1]:  # groups with rates of their own
            for group in ast.walk(inner):
                if isinstance(group, ast.Dict):
                    pairs = zip(group.keys, group.values, strict=True)
                    yield from (v for k, v in pairs if isinstance(k, ast.Constant) and k.value in RATES)


def _settings(names: Names, nodes: list[ast.expr]) -> Iterator[ast.Call]:
    """What an object was given whose method is called there: `Trainer(args=TrainingArguments(...))`, `compile(...)`."""
    for node in nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        receiver = node.func.value
        if not names.is_given(receiver):
            continue
        for call in (*names.calls_behind(receiver), *_calls_on(names, receiver)):
            given = [*call.args, *(keyword.value for keyword in call.keywords)]
            yield from (made for one in given for made in names.calls_behind(one))


def _calls_on(names: Names, receiver: ast.expr) -> Iterator[ast.Call]:
    """The calls of methods of what is written the same way."""
    written = ast.dump(receiver)
    for node in ast.walk(names.source.tree):
        match node:
            case ast.Call(func=ast.Attribute(value=value)) if ast.dump(value) == written:
                yield node


def _written_as(names: Names, rate: ast.expr) -> list[ast.expr]:
    """The numbers that a learning rate may come from, defaults of the command line counted."""
    found: list[ast.expr] = []
    for value in names.values(rate):
        option = _option(names, value)
        found += [value] if option is None else [option]
    return found


def _option(names: Names, value: ast.expr) -> ast.expr | None:
    """The default of `--name` where the value is an attribute of what a parser of the command line gave."""
    if not isinstance(value, ast.Attribute):
        return None
    parsed = (call.func for call in names.calls_behind(value.value))
    if not any(isinstance(func, ast.Attribute) and func.attr == "parse_args" for func in parsed):
        return None
    flag = f"--{value.attr}"
    for node in ast.walk(names.source.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="add_argument"), args=flags, keywords=keywords):
                written = [one.value for one in flags if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                if flag in [one.replace("-", "_").replace("__", "--", 1) for one in written]:
                    return next((keyword.value for keyword in keywords if keyword.arg == "default"), None)
    return None


def _appended(source: Source, call: ast.Call, written: str) -> Splice:
    """One more argument behind the last one, in the manner of the others."""
    tokens = source.tokens(call)
    last = tokens[-2]  # before the closing parenthesis
    if last[0] == "(" and not call.args and not call.keywords:
        return Splice(last[2], last[2], written)
    if last[0] != ",":
        return Splice(last[2], last[2], f", {written}")
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    row = max(given, key=source.end).end_lineno or call.lineno
    end = source.newline(row)
    first = min(row, *(one.lineno for one in given if one.end_lineno == row)) if given else row
    text = source.rows[first - 1]
    indent = text[: len(text) - len(text.lstrip())]
    begin = source.offset(row, 0) + len(source.rows[row - 1].rstrip("\r\n"))
    if source.text[last[2] : begin].strip() and not source.text[last[2] : begin].strip().startswith("#"):
        return Splice(last[2], last[2], f" {written}")
    return Splice(begin, begin, f"{end}{indent}{written},")


def _number(value: float) -> str:
    """As somebody would write it."""
    short = f"{value:.6g}"
    return short if float(short) == value else repr(float(f"{value:.12g}"))
