"""As much of JSON Schema as our own schema uses; what it does not know it refuses, so that nothing goes unchecked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

KNOWN = {"$schema", "$id", "$ref", "$defs", "title", "description", "type", "properties", "required", "items", "enum",
         "const", "additionalProperties", "minimum"}  # fmt: skip
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}


def violations(value: object, schema: object, root: object = None, at: str = "$") -> list[str]:
    """Where the value breaks the schema; an empty list if it keeps to it."""
    assert is_object(schema)
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    root = schema if root is None else root
    if "$ref" in schema:
        target = root
        for part in str(schema["$ref"]).removeprefix("#/").split("/"):
            assert is_object(target)
            target = target[part]
        return violations(value, target, root, at)
    return [f"{at}: {wrong}" for wrong in _own(value, schema)] + list(_inner(value, schema, root, at))


def is_object(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _own(value: object, schema: dict[str, object]) -> Iterator[str]:
    named = schema.get("type", list(TYPES))
    kinds = named if isinstance(named, list) else [named]
    if not any(_is(value, str(kind)) for kind in kinds):
        yield f"{value!r:.60} is not of type {kinds}"
    options = schema.get("enum")
    if isinstance(options, list) and value not in options:
        yield f"{value!r:.60} is not one of {options}"
    if "const" in schema and value != schema["const"]:
        yield f"{value!r:.60} is not {schema['const']!r}"
    least = schema.get("minimum")
    if isinstance(least, int | float) and isinstance(value, int | float) and value < least:
        yield f"{value} is below {least}"


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])


def _inner(value: object, schema: dict[str, object], root: object, at: str) -> Iterator[str]:
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from violations(item, schema["items"], root, f"{at}[{index}]")
    if not is_object(value):
        return
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    assert is_object(properties)
    assert isinstance(required, list)
    yield from (f"{at}: {name} is missing" for name in required if name not in value)
    more = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in properties:
            yield from violations(item, properties[name], root, f"{at}.{name}")
        elif more is False:
            yield f"{at}: {name} is not foreseen"
        elif is_object(more):
            yield from violations(item, more, root, f"{at}.{name}")
