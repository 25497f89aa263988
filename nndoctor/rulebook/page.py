"""One file of a pack as plain data that knows the line and column of each entry, and what pydantic makes of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from nndoctor.rulebook.condition import Location

Position = tuple[int, int]
"""Line and column, both from 1."""
Model = TypeVar("Model", bound=BaseModel)

# yaml 1.1 wants a point and a signed exponent in a float: 1e-3 is a text to it
_NUMBER_READ_AS_TEXT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
_TOLD = frozenset({"extra_forbidden", "missing", "literal_error", "union_tag_not_found"})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Trouble(Exception):
    """One thing wrong at one position of a file."""

    def __init__(self, position: Position, message: str, hint: str = "") -> None:
        """Keeps where, what, and what to do about it."""
        super().__init__(message)
        self.position, self.message, self.hint = position, message, hint


@dataclass(slots=True)
class Page:
    """A file's data; where each key and each value starts, by the way to it; and what is wrong with it so far."""

    file: str
    data: Mapping[str, object]
    keys: dict[Location, Position] = field(default_factory=dict)
    values: dict[Location, Position] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def position(self, at: Location, *, of_key: bool = False) -> Position:
        """Where the entry is written; of what is not there, its nearest container."""
        way = tuple(step for step in at if not (isinstance(step, str) and step.startswith("<")))
        if of_key and way in self.keys:
            return self.keys[way]
        while way and way not in self.values:
            way = way[:-1]
        return self.values.get(way, (1, 1))

    def trouble(self, at: Location, message: str, hint: str = "") -> None:
        """Notes one thing wrong with one entry."""
        self.troubles.append(Trouble(self.position(at), message, hint))

    def built(self, model: type[Model], **added: object) -> Model | None:
        """The model that the data say, with `added` from outside the file; None, and troubles noted, if they don't."""
        own = [key for key in added if key in self.data and key != "about"]
        for key in own:
            self.troubles.append(
                Trouble(self.position((key,), of_key=True), f"{key} is not written: the place tells it")
            )
        try:
            return model.model_validate({**self.data, **added})
        except ValidationError as wrong:
            words = key_words(model)
            for detail in wrong.errors(include_url=False):
                told = self._told(detail, words)
                # of a value that may be of several types pydantic complains once for each of them
                if detail["type"] in _TOLD or told.position not in {trouble.position for trouble in self.troubles}:
                    self.troubles.append(told)
            return None

    def _told(self, detail: ErrorDetails, words: Iterable[str]) -> Trouble:
        at, given = detail["loc"], detail["input"]
        name = str(at[-1]) if at else ""
        match detail["type"]:
            case "extra_forbidden":
                return Trouble(self.position(at, of_key=True), f"there is no key {name!r} here", meant(name, words))
            case "missing":
                return Trouble(self.position(at), f"{name!r} is missing")
            case "literal_error":
                allowed = re.findall(r"'([^']+)'", str(detail["ctx"]["expected"])) if "ctx" in detail else []
                message = f"{given!r} is not one of {', '.join(allowed)}"
                return Trouble(self.position(at), message, meant(str(given), allowed))
            case "union_tag_not_found":
                keys = [str(key) for key in given] if isinstance(given, Mapping) else []
                hints = (meant(key, ("all", "any", "not", "fact")) for key in keys)
                message = "a condition is one of {all: [...]}, {any: [...]}, {not: ...}, {fact: ..., above: ...}"
                return Trouble(self.position(at), message, next((hint for hint in hints if hint), ""))
            case _:
                message = detail["msg"].removeprefix("Value error, ")
                return Trouble(self.position(at), f"{name}: {message[:1].lower()}{message[1:]}" if name else message)


def meant(name: str, known: Iterable[str]) -> str:
    """The hint for a misspelt name, or no hint."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def key_words(model: type[BaseModel]) -> frozenset[str]:
    """Every key that may be written anywhere inside a model, by its name in the file."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(key for part in parts for key in part.get("properties", {}))


def yaml_page(file: str, source: str) -> Page:
    """A YAML mapping with its positions. Raises Trouble for what is no YAML or no mapping."""
    loader = _Loader(source)
    try:
        root = loader.get_single_node()
        data = None if root is None else loader.construct_document(root)
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        position = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Trouble(position, f"no YAML: {getattr(wrong, 'problem', None) or 'unreadable'}") from wrong
    finally:
        loader.dispose()
    if root is None or not isinstance(data, dict):
        raise Trouble((1, 1), "the file is a mapping of keys")
    page = Page(file, {str(key): value for key, value in data.items()})
    for at, key, value in _entries(root, ()):
        if key is not None:
            if at in page.keys:
                page.troubles.append(Trouble(_start(key), f"{at[-1]!r} is written twice"))
            page.keys[at] = _start(key)
        page.values[at] = _start(value)
        if _is_number_read_as_text(value):
            mantissa, exponent = value.value.lower().split("e")
            point, sign = "" if "." in mantissa else ".0", "" if exponent[0] in "+-" else "+"
            hint = f"write {mantissa}{point}e{sign}{exponent}"
            page.troubles.append(Trouble(_start(value), f"YAML reads {value.value} as a text", hint))
    return page


def _is_number_read_as_text(node: yaml.Node) -> bool:
    return (
        isinstance(node, yaml.ScalarNode)
        and not node.style
        and node.tag.endswith(":str")
        and _NUMBER_READ_AS_TEXT.fullmatch(node.value) is not None
    )


def _entries(node: yaml.Node, at: Location) -> Iterator[tuple[Location, yaml.Node | None, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*at, str(key.value))
            yield inner, key, value
            yield from _entries(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), None, item
            yield from _entries(item, (*at, index))


def _start(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1
