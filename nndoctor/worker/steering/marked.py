"""A set of tensors, modules or datasets, told by what they are and not by what they hold; it keeps none alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any


class Marked:
    """Those that were added and still live, in order."""

    def __init__(self) -> None:
        """None yet."""
        self._known: dict[int, Callable[[], Any]] = {}

    def add(self, *things: Any) -> None:
        """Marks them."""
        self._known.update((id(thing), _reference(thing)) for thing in things)

    def discard(self, thing: Any) -> None:
        """It is marked no more."""
        if thing in self:
            del self._known[id(thing)]

    def __contains__(self, thing: object) -> bool:
        """Whether this very thing was."""
        found = self._known.get(id(thing))
        return found is not None and found() is thing

    def __iter__(self) -> Iterator[Any]:
        """The marked ones."""
        return iter([thing for known in list(self._known.values()) if (thing := known()) is not None])


def _reference(thing: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(thing)
    except TypeError:  # a dataset may be a plain list: that one lives on
        return lambda: thing


def parameters_of(optimizers: Iterable[Any]) -> Iterator[Any]:
    """All that these optimizers hold."""
    return (parameter for optimizer in optimizers for group in optimizer.param_groups for parameter in group["params"])
