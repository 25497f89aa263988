"""The data loaders, and the batch that was drawn last."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import IterableDataset
from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter

from nndoctor.burden import LoaderWaits
from nndoctor.seen import LoaderSeen
from nndoctor.worker.journal import Journal
from nndoctor.worker.passes import Passes
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import found_in
from nndoctor.worker.waits import Waits

MOST_LOADERS = 64
AHEAD = 32
"""A GPU tells of a bad label some steps late: so many batches' whole numbers are kept where there is one."""
MOST_LABELS = 1 << 16


@dataclass(slots=True)
class Drawn:
    """A loader, and how often it was asked for batches."""

    seen: LoaderSeen
    dataset: weakref.ref[Any] | None
    iterators: int = 0
    draws: int = 0
    waits: Waits = field(default_factory=Waits)


class Loading:
    """Numbers the loaders, and tells the passes what was drawn."""

    def __init__(self, journal: Journal, places: Places, passes: Passes) -> None:
        """No loader is known yet."""
        self._journal = journal
        self._places = places
        self._passes = passes
        self._known: dict[tuple[object, ...], Drawn] = {}
        self._count = 0
        self._labels: deque[dict[str, Tensor]] = deque(maxlen=AHEAD)

    def began(self, loader: Any) -> Drawn:
        """Iteration over a loader starts."""
        # by the dataset: a loader made for one epoch may stand where that of another split stood before
        key = (id(loader.dataset), loader.batch_size, type(getattr(loader, "sampler", None)))
        known = self._known.get(key)
        if known is None or (known.dataset is not None and known.dataset() is not loader.dataset):
            known = self._known[key] = Drawn(
                _loader_seen(loader, self._count, self._places), _reference(loader.dataset)
            )
            self._count += 1
            self._journal.write_thinned(known.seen)
        known.iterators += 1
        return known

    def drew(self, loader: Drawn | None, batch: Any) -> None:
        """A loader gave a batch."""
        if loader is not None:
            loader.draws += 1
        self._passes.drew(loader.seen if loader is not None else None, batch)
        if torch.cuda.is_initialized():
            self._labels.append({path: tensor for path, tensor in found_in(batch) if _may_be_labels(tensor)})

    def extremes(self) -> Iterator[tuple[str, Tensor]]:
        """Of the whole numbers drawn last: by path the tensor with the lowest and that with the highest."""
        paths = dict.fromkeys(path for drawn in self._labels for path in drawn)
        for path in paths:
            alike = [drawn[path] for drawn in self._labels if path in drawn]
            yield path, min(alike, key=lambda tensor: int(tensor.min()))
            yield path, max(alike, key=lambda tensor: int(tensor.max()))

    def waits(self) -> tuple[LoaderWaits, ...]:
        """How long each loader made the program wait."""
        known = list(self._known.values())[:MOST_LOADERS]
        waits = (LoaderWaits(drawn.seen.loader, drawn.waits.windows()) for drawn in known)
        return tuple(one for one in waits if one.windows)

    def close(self) -> None:
        """Writes how often each loader was drawn from."""
        for known in list(self._known.values())[:MOST_LOADERS]:
            self._journal.write(replace(known.seen, iterators=known.iterators, draws=known.draws))


def _may_be_labels(tensor: Tensor) -> bool:
    whole = not tensor.is_floating_point() and not tensor.is_complex()
    return whole and tensor.device.type == "cpu" and 0 < tensor.numel() <= MOST_LABELS


def batches_of(loader: Any) -> int | None:
    """How many batches a pass has, as the loader says; None where it does not know.

    Not `len(loader)`: of an iterable dataset that would be remembered, and warned of if it was wrong.
    """
    try:
        if not isinstance(loader.dataset, IterableDataset):
            return len(loader._index_sampler)
        return -(-len(loader.dataset) // (loader.batch_size or 1))  # type: ignore[arg-type]  # it may well have one
    except (TypeError, AttributeError, NotImplementedError):
        return None


def put_away(iterator: Any) -> None:
    """Ends the workers of a pass that is ended early, as torch does at its end; persistent ones live on."""
    if isinstance(iterator, _MultiProcessingDataLoaderIter) and not iterator._persistent_workers:
        iterator._shutdown_workers()


def _reference(dataset: Any) -> weakref.ref[Any] | None:
    """A dataset that is a plain list is known by its place in memory only."""
    try:
        return weakref.ref(dataset)
    except TypeError:
        return None


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
