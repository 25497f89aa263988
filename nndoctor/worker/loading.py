"""The data loaders, and the batch that was drawn last."""

from __future__ import annotations

from typing import Any

from nndoctor.seen import LoaderSeen
from nndoctor.worker.journal import Journal
from nndoctor.worker.passes import Passes
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import found_in


class Loading:
    """Numbers the loaders, and tells the passes what was drawn."""

    def __init__(self, journal: Journal, places: Places, passes: Passes) -> None:
        """No loader is known yet."""
        self._journal = journal
        self._places = places
        self._passes = passes
        self._seen: dict[int, LoaderSeen] = {}

    def began(self, loader: Any) -> LoaderSeen:
        """Iteration over a loader starts."""
        seen = self._seen.get(id(loader))
        if seen is None:
            seen = self._seen[id(loader)] = _loader_seen(loader, len(self._seen), self._places)
            self._journal.write(seen)
        return seen

    def drew(self, loader: LoaderSeen | None, batch: Any) -> None:
        """A loader gave a batch."""
        self._passes.loader = loader
        self._passes.drawn = list(found_in(batch))


def _loader_seen(loader: Any, number: int, places: Places) -> LoaderSeen:
    try:
        length = len(loader.dataset)
    except (TypeError, AttributeError, NotImplementedError):
        length = None
    return LoaderSeen(
        loader=number,
        place=places.here(),
        dataset=type(loader.dataset).__name__,
        length=length,
        batch_size=loader.batch_size,
        sampler=type(getattr(loader, "sampler", None)).__name__,
        workers=loader.num_workers,
        drop_last=bool(loader.drop_last),
    )
