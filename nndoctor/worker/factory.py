"""`module:factory`: calls the user's factory, understands what it gives, and trains that."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from nndoctor.worker.loop import Training, Unfit, train

NAMES = ("model", "loss", "optimizer", "loader")
WATCHED_SHARE = 0.8
"""Of the time of a run: the loop ends by itself, so that all that was seen is written down."""


def run(target: str, seconds: float) -> None:
    """Trains what the factory gives. Raises SystemExit with the reason where that can't be done."""
    try:
        train(_training(_factory(target)()), WATCHED_SHARE * seconds)
    except Unfit as wrong:
        raise SystemExit(f"nndoctor: {target}: {wrong}") from wrong


def _factory(target: str) -> Any:
    module, _, name = target.partition(":")
    try:
        home = importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{module}.".startswith(f"{missing.name}."):
            raise
        raise Unfit(f"there is no module {missing.name} here") from missing
    if not hasattr(home, name):
        close = difflib.get_close_matches(name, vars(home), n=1)
        raise Unfit(f"{module} has no {name}" + (f"; it has {close[0]}" if close else ""))
    factory = getattr(home, name)
    if not callable(factory):
        raise Unfit(f"{name} is no function but {type(factory).__name__}")
    try:
        inspect.signature(factory).bind()
    except TypeError as wants:
        raise Unfit(f"a factory is called without arguments; {name}{inspect.signature(factory)} wants some") from wants
    except ValueError:
        pass  # a builtin keeps its signature to itself
    return factory


def _training(given: Any) -> Training:
    """What a factory gave, by order or by name; loss and optimizer may be missing."""
    if isinstance(given, tuple | list) and not hasattr(given, "_fields"):
        if len(given) != len(NAMES):
            raise Unfit(f"a factory gives {', '.join(NAMES)} (None for no loss, no optimizer), not {len(given)} things")
        return Training(*given)
    named = (
        given if isinstance(given, Mapping) else {name: getattr(given, name) for name in NAMES if hasattr(given, name)}
    )
    if missing := [name for name in ("model", "loader") if name not in named]:
        raise Unfit(f"what the factory gave ({type(given).__name__}) has no {' and no '.join(missing)}")
    parts: list[Any] = [named.get(name) for name in NAMES]
    return Training(*parts)
