"""A probe's card, read from its source without running it: what it measures, what it costs and what it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, Strict

from nndoctor.probe import Cost, Kind, Need
from nndoctor.rulebook.condition import Location
from nndoctor.rulebook.page import Page, Trouble
from nndoctor.rulebook.rule import Text, Written


class FactCard(Written):
    """One quantity: what is measured; `unit` is "" for ratios, `labels` () where any label may come.

    `whole_epochs`: it is not given of a rehearsal.
    """

    kind: Kind
    says: Text
    unit: str = ""
    labels: tuple[str, ...] = ()
    whole_epochs: Annotated[bool, Strict()] = False


class ProbeCard(Written):
    """A probe as the screen knows it: `path` is its module, `about` its docstring, `facts` go by short name."""

    id: str
    path: str
    title: Text
    cost: Cost
    needs: tuple[Need, ...] = ()
    facts: Mapping[str, FactCard] = Field(min_length=1)
    about: str = ""


def card_page(file: str, source: str) -> Page:
    """The literal CARD of a probe module, with `about` added. Raises Trouble where there is none."""
    try:
        tree = ast.parse(source)
    except SyntaxError as wrong:
        raise Trouble((wrong.lineno or 1, wrong.offset or 1), f"no Python: {wrong.msg}") from wrong
    literal = next(_cards(tree), None)
    if literal is None:
        raise Trouble((1, 1), "a probe has a CARD at the top of its module", 'CARD: Card = {"title": ...}')
    if not any(isinstance(part, ast.FunctionDef) and part.name == "run" for part in tree.body):
        raise Trouble((1, 1), "a probe has a function run(bench) -> Facts")
    try:
        card = ast.literal_eval(literal)
    except ValueError as wrong:
        raise Trouble(_start(literal), "CARD is read without running: literals only") from wrong
    if not isinstance(card, dict):
        raise Trouble(_start(literal), "CARD is a dict")
    page = Page(file, {**card, "about": ast.get_docstring(tree) or ""})
    page.values[()] = _start(literal)
    for at, key, value in _entries(literal, ()):
        page.values[at] = _start(value)
        page.keys[at] = _start(key)
    return page


def _cards(tree: ast.Module) -> Iterator[ast.expr]:
    for statement in tree.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id="CARD"), value=ast.expr() as literal):
                yield literal
            case ast.Assign(targets=[ast.Name(id="CARD")], value=literal):
                yield literal


def _entries(literal: ast.expr, at: Location) -> Iterator[tuple[Location, ast.expr, ast.expr]]:
    match literal:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield (*at, key.value), key, value
                    yield from _entries(value, (*at, key.value))
        case ast.Tuple(elts=items) | ast.List(elts=items):
            for index, item in enumerate(items):
                yield (*at, index), item, item
                yield from _entries(item, (*at, index))


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset + 1
