"""A user's file as text and as syntax tree: what stands at a line, and the smallest changes of its text."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeGuard

from nndoctor.case import Place

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While

_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Dict, ast.ListComp)
_OPERATORS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Attribute, ast.Subscript, ast.Starred, ast.Await)


class CannotEdit(Exception):
    """At that place there is not exactly what the edit expects; the text is shown to the user."""


@dataclass(frozen=True, slots=True)
class Splice:
    """These characters of the text are replaced by others."""

    start: int
    end: int
    text: str


def is_function(node: ast.AST | None) -> TypeGuard[Function]:
    """Whether it is a `def`."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def is_loop(node: ast.AST | None) -> TypeGuard[Loop]:
    """Whether it is a `for` or a `while`."""
    return isinstance(node, ast.For | ast.AsyncFor | ast.While)


class Source:
    """One file. Raises CannotEdit for what is no Python of this interpreter."""

    def __init__(self, text: str) -> None:
        """`text` with its own ends of lines."""
        self.text = text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an escape that is none in the user's strings is not ours to tell
                self.tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
            raise CannotEdit(f"the file can't be read as Python: {wrong}") from wrong
        self.rows: list[str] = _ROW.findall(text)
        self._starts = [0, *accumulate(map(len, self.rows))]
        self._parents = {inner: outer for outer in ast.walk(self.tree) for inner in ast.iter_child_nodes(outer)}

    # where things stand

    def offset(self, row: int, column: int) -> int:
        """The character at which a row (from 1) and a column (in UTF-8 bytes, as `ast` counts) stand."""
        return self._starts[row - 1] + len(self.rows[row - 1].encode()[:column].decode())

    def begin(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """The first character of a node, the parentheses round it left out."""
        return self.offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        """The character after the last one of a node."""
        return self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def code(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """The text of a node as it is written."""
        return self.text[self.begin(node) : self.end(node)]

    def indent(self, statement: ast.stmt) -> str:
        """What stands before a statement on its first row."""
        return self.rows[first_row(statement) - 1][: statement.col_offset]

    def newline(self, row: int) -> str:
        """How that row ends; the last one may not, and then as the first does."""
        for written in (self.rows[row - 1], self.rows[0]):
            end = written[len(written.rstrip("\r\n")) :]
            if end:
                return end
        return "\n"

    # the tree

    def parent(self, node: ast.AST) -> ast.AST | None:
        """What directly holds a node."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What holds a node, from the inside to the module."""
        outer = self._parents.get(node)
        while outer is not None:
            yield outer
            outer = self._parents.get(outer)

    def written_at(self, name: str, statement: ast.stmt) -> ast.expr:
        """A name as if it were written in a statement, to ask what it would mean there."""
        node = ast.parse(name, mode="eval").body
        for outer in ast.walk(node):
            for inner in ast.iter_child_nodes(outer):
                self._parents[inner] = outer
        self._parents[node] = statement
        return node

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that a node is, or is part of."""
        return next(one for one in (node, *self.ancestors(node)) if isinstance(one, ast.stmt))

    def function(self, node: ast.AST) -> Function | None:
        """The function whose code a node is; None at the level of the module or of a class."""
        return next((outer for outer in self.ancestors(node) if is_function(outer)), None)

    def loops(self, node: ast.AST) -> list[Loop]:
        """The loops round a node within its function, from the inside."""
        found = []
        for outer in self.ancestors(node):
            if is_function(outer):
                break
            if is_loop(outer):
                found.append(outer)
        return found

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements among which this one stands."""
        outer = self._parents[statement]
        for _, value in ast.iter_fields(outer):
            if isinstance(value, list) and statement in value:
                return value
        raise CannotEdit(f"line {statement.lineno} stands in no block")

    def on(self, place: Place) -> list[ast.expr]:
        """All expressions that touch the place's line, the outer ones first."""
        self._is_unchanged(place)
        found = []
        for statement in ast.walk(self.tree):
            if isinstance(statement, ast.stmt) and touches(statement, place.line):
                found += [node for node in own(statement) if touches(node, place.line)]
        return found

    def at(self, place: Place) -> ast.stmt:
        """The innermost statement that has something of its own on the place's line."""
        nodes = self.on(place)
        if not nodes:
            raise CannotEdit(f"there is no expression on line {place.line}")
        return max((self.statement(node) for node in nodes), key=lambda found: len(list(self.ancestors(found))))

    def _is_unchanged(self, place: Place) -> None:
        if not 1 <= place.line <= len(self.rows):
            raise CannotEdit(f"the file has no line {place.line} any more")
        if place.code and self.rows[place.line - 1].strip() != place.code.strip():
            raise CannotEdit(f"line {place.line} is not what it was when the training was watched")

    # changes

    def replaced(self, node: ast.expr | ast.keyword, text: str) -> Splice:
        """Other text for a node."""
        return Splice(self.begin(node), self.end(node), text)

    def before(self, statement: ast.stmt, *lines: str) -> Splice:
        """New lines in front of a statement, as far indented as it is."""
        self._stands_alone(statement)
        row = first_row(statement)
        start = self._starts[row - 1]
        return Splice(start, start, self._lines(self.indent(statement), lines, self.newline(row)))

    def after(self, statement: ast.stmt, *lines: str) -> Splice:
        """New lines behind a statement, as far indented as it is."""
        self._stands_alone(statement)
        row = statement.end_lineno or statement.lineno
        written = self._lines(self.indent(statement), lines, self.newline(row))
        start = self._starts[row]
        if not self.rows[row - 1].endswith(("\n", "\r")):  # the file's last row, without an end
            return Splice(start, start, self.newline(row) + written.rstrip("\r\n"))
        return Splice(start, start, written)

    def without(self, statement: ast.stmt) -> Splice:
        """The statement's rows are taken out; where nothing else stands in its block, `pass` is left."""
        self._stands_alone(statement)
        if len(self.block(statement)) == 1:
            return Splice(self.begin(statement), self.end(statement), "pass")
        return Splice(
            self._starts[first_row(statement) - 1], self._starts[statement.end_lineno or statement.lineno], ""
        )

    def within(self, header: str, first: ast.stmt, last: ast.stmt) -> list[Splice]:
        """The rows from one statement to another of the same block put under a header, one step further in."""
        self._stands_alone(first)
        self._stands_alone(last)
        step, inner = self.step(first), {row for node in ast.walk(self.tree) for row in _inner_rows(node)}
        begin, end = first_row(first), last.end_lineno or last.lineno
        rows = (row for row in range(begin + 1, end + 1) if row not in inner and self.rows[row - 1].strip())
        top = self.before(first, header)
        return [
            Splice(top.start, top.end, top.text + step),
            *(Splice(self._starts[row - 1], self._starts[row - 1], step) for row in rows),
        ]

    def step(self, statement: ast.stmt) -> str:
        """How far this file indents a block: as round this statement, or as in the first block."""
        for outer in (*(node for node in self.ancestors(statement)), *ast.walk(self.tree)):
            body = getattr(outer, "body", None)
            if isinstance(outer, ast.stmt) and isinstance(body, list) and body and body[0].lineno > outer.lineno:
                outside, inside = self.rows[outer.lineno - 1][: outer.col_offset], self.indent(body[0])
                if inside.startswith(outside) and not inside.strip() and inside != outside:
                    return inside[len(outside) :]
        return "    "

    def _lines(self, indent: str, lines: Iterable[str], newline: str) -> str:
        return "".join(f"{indent}{line}{newline}" for line in lines)

    def _stands_alone(self, statement: ast.stmt) -> None:
        """Rows can be put in or taken out only where a row holds no second statement."""
        row = self.rows[(statement.end_lineno or statement.lineno) - 1]
        rest = row.encode()[statement.end_col_offset or 0 :].decode().strip()
        if self.indent(statement).strip() or (rest and not rest.startswith("#")):
            raise CannotEdit(f"line {statement.lineno} holds more than one statement")

    def tokens(self, node: ast.expr) -> list[tuple[str, int, int]]:
        """The tokens of a node that are no comments and no ends of lines: text, first character, end."""
        found = []
        reader = io.StringIO(self.code(node), newline="").readline
        base = self.begin(node)
        starts = [0, *accumulate(map(len, _ROW.findall(self.code(node))))]
        skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.INDENT}
        for token in tokenize.generate_tokens(reader):
            if token.type not in skipped and token.string.strip():
                (row, column), (end_row, end_column) = token.start, token.end
                found.append((token.string, base + starts[row - 1] + column, base + starts[end_row - 1] + end_column))
        return found


def first_row(statement: ast.stmt) -> int:
    """The row on which a statement begins, its decorators counted."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def touches(node: ast.expr | ast.stmt, line: int) -> bool:
    """Whether some of a node stands on that line."""
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def own(statement: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a statement, those of the statements in it left out."""
    for inner in ast.iter_child_nodes(statement):
        if isinstance(inner, ast.expr):
            yield from (node for node in ast.walk(inner) if isinstance(node, ast.expr))
        elif not isinstance(inner, ast.stmt):
            yield from own(inner)


def inside(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """All nodes in these, but not what stands in functions and classes defined there."""
    for node in statements:
        yield node
        if not is_function(node) and not isinstance(node, ast.ClassDef | ast.Lambda):
            yield from inside(list(ast.iter_child_nodes(node)))


def is_atom(node: ast.expr) -> bool:
    """Whether a node can be called or used in any operation without parentheses."""
    return isinstance(node, _ATOMS)


def is_operand(outer: ast.AST | None) -> bool:
    """Whether what stands in this node is the part of an operation, so that its parentheses count."""
    return isinstance(outer, _OPERATORS)


def applied(text: str, splices: Iterable[Splice]) -> str:
    """The text with all of the changes made."""
    for splice in sorted(splices, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def _inner_rows(node: ast.AST) -> range:
    """The rows of a string over several rows that are its content, not its indentation."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
        return range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    return range(0)
