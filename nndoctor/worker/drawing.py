"""The wrappers round a loader's iteration: they tell the watch, and the rehearsal, which may end the pass."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from nndoctor.worker.loading import batches_of, put_away
from nndoctor.worker.rehearsal import Rehearsal
from nndoctor.worker.watch import Watch


def loader_begun(start: Callable[..., Any], watch: Watch, rehearsal: Rehearsal) -> Callable[..., Any]:
    """`DataLoader.__iter__`, with the pass that begins put on record."""

    @functools.wraps(start)
    def __iter__(self: Any) -> Any:  # noqa: N807
        watch.window.leave()  # or the loader's workers would inherit it
        iterator = start(self)
        if watch.listening():
            drawn = None if watch.light else watch.loading.began(self)
            if drawn is not None:
                drawn.waits.passes()
            number = None if drawn is None else drawn.seen.loader
            iterator._nndoctor = rehearsal.begins(iterator, batches_of(self), number), drawn
        return iterator

    return __iter__


def batch_drawn(draw: Callable[..., Any], watch: Watch, rehearsal: Rehearsal) -> Callable[..., Any]:
    """The iterator's `__next__`, with each batch put on record, or the pass ended."""

    @functools.wraps(draw)
    def __next__(self: Any) -> Any:  # noqa: N807
        if not watch.listening():
            return draw(self)
        begun, drawn = getattr(self, "_nndoctor", (None, None))
        if begun is not None and rehearsal.ends(begun, sys._getframe(1)):
            put_away(self)
            raise StopIteration
        if drawn is not None:
            drawn.waits.begins()
        try:
            batch = draw(self)
        except StopIteration:
            rehearsal.ran_out(begun)
            raise
        if drawn is not None:
            drawn.waits.ends(batch)
        rehearsal.drew(begun)
        if not watch.light:
            watch.loading.drew(drawn, batch)
        return batch

    return __next__
