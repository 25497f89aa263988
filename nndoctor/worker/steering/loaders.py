"""The order in which training data are drawn."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import IterableDataset, RandomSampler, SequentialSampler
from torch.utils.data.dataloader import DataLoader, _BaseDataLoaderIter

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

SEED = 20_240


class Shuffling(Steering):
    """Mixes the samples of passes that train, batch sizes kept; evaluations stay in their order.

    A pass is known to train by a backward pass while it is the one drawn from; the rest of the first one is mixed then,
    and later ones over the same data from their start.
    """

    needs = "no DataLoader with batches in a fixed order behind the training: data cut by hand can't be reached"

    def __init__(self) -> None:
        """No loader is known yet."""
        super().__init__()
        self._random = torch.Generator().manual_seed(SEED)
        self._training = Marked()
        self._drawn: weakref.ref[Any] | None = None

    def install(self, around: Around) -> None:
        """Round the beginning of passes, draws and backward passes."""
        around.backward(self._backward)
        DataLoader.__iter__ = around.wrapped(DataLoader.__iter__, self._begun)
        for name in ("__init__", "_reset"):
            original = getattr(_BaseDataLoaderIter, name)
            setattr(_BaseDataLoaderIter, name, around.wrapped(original, self._prepared))
        _BaseDataLoaderIter.__next__ = around.wrapped(_BaseDataLoaderIter.__next__, self._drew)

    def _begun(self, begin: Any, loader: Any) -> Any:
        if loader.dataset in self._training and self._is_fixed(loader):
            # as the tap will describe it; a loader refuses a plain assignment
            object.__setattr__(loader, "sampler", RandomSampler(loader.dataset, generator=self._random))
        return begin(loader)

    def _prepared(self, prepare: Any, iterator: Any, loader: Any, *args: Any, **kwargs: Any) -> None:
        """In the middle of making an iterator: before workers are sent their first orders."""
        prepare(iterator, loader, *args, **kwargs)
        if loader.dataset in self._training and isinstance(loader.sampler, RandomSampler):
            self._mix(iterator)

    def _drew(self, draw: Any, iterator: Any) -> Any:
        self._drawn = weakref.ref(iterator)
        return draw(iterator)

    def _backward(self, _: Any) -> None:
        iterator = self._drawn() if self._drawn is not None else None
        if iterator is None or (dataset := iterator._dataset) in self._training:
            return
        if isinstance(dataset, IterableDataset):
            self.why = "an iterable dataset gives its samples in its own order"
            return
        self._training.add(dataset)
        sampler = getattr(iterator._index_sampler, "sampler", iterator._index_sampler)
        if isinstance(sampler, SequentialSampler):
            self._mix(iterator)

    def _is_fixed(self, loader: Any) -> bool:
        return isinstance(loader.sampler, SequentialSampler) and not isinstance(loader.dataset, IterableDataset)

    def _mix(self, iterator: Any) -> None:
        self.applied += 1
        iterator._sampler_iter = self._mixed(list(iterator._sampler_iter))

    def _mixed(self, left: list[Any]) -> Iterator[Any]:
        whole = bool(left) and isinstance(left[0], list)  # else each draw is one sample
        samples = [index for batch in left for index in batch] if whole else left
        order = iter(torch.randperm(len(samples), generator=self._random).tolist())
        return iter([[samples[next(order)] for _ in batch] if whole else samples[next(order)] for batch in left])
