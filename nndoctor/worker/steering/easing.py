"""Less to wait for: samples that are the same each time made once, others by worker processes."""

from __future__ import annotations

import copy
import random
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, default_collate

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked
from nndoctor.worker.steering.workers import as_it_was, content, first_of, generators, state_of

MOST = 1 << 30
"""Bytes of samples that are kept, as far as their tensors tell."""
AHEAD = 2
"""Batches that each worker makes ahead: torch's own default."""


class Easing(Steering):
    """Keeps samples in the training's own process, or else starts workers for a pass, as the loader itself would.

    A sample is known to be the same each time by being made twice before the first pass: it comes out alike, and no
    random generator has moved. What that did to the dataset is put back.
    """

    needs = "no DataLoader, or its passes begin without gradients"

    def __init__(self, workers: int) -> None:
        """`workers` are for each pass over a loader that has fewer."""
        super().__init__()
        self._workers = workers
        self._looked = Marked()
        self._kept: list[Kept] = []

    def install(self, around: Around) -> None:
        """Round the making of a loader's iterator."""
        self._around = around
        DataLoader._get_iterator = around.wrapped(DataLoader._get_iterator, self._begun)

    def _begun(self, begin: Any, loader: Any) -> Any:
        if not torch.is_grad_enabled():
            return begin(loader)
        kept = None if loader.num_workers else self._known(loader)
        if kept is not None:
            iterator = begin(loader)
            self.applied += 1
            iterator._dataset_fetcher.dataset = kept
            return iterator
        if why := self._refused(loader):
            self.why = why
            return begin(loader)
        self.applied += 1
        with _changed(loader, num_workers=self._workers, prefetch_factor=loader.prefetch_factor or AHEAD):
            return begin(loader)

    def _refused(self, loader: Any) -> str:
        """Why there can be no more workers; "" where there can."""
        if isinstance(loader.dataset, IterableDataset):
            return "each worker would give all samples of an iterable dataset"
        if loader.num_workers >= self._workers:
            return f"the loader has {loader.num_workers} worker processes already"
        context = loader.multiprocessing_context or torch.multiprocessing
        if context.get_start_method() != "fork":
            return "worker processes are not forked here, and would run the script anew"
        return ""

    def _known(self, loader: Any) -> Kept | None:
        """The samples of its dataset, where they are the same each time."""
        dataset = loader.dataset
        if isinstance(dataset, IterableDataset):
            return None
        if dataset not in self._looked:
            self._looked.add(dataset)
            with self._around.at_work():
                if _is_the_same_each_time(loader):
                    left = [one for one in self._kept if one.of() is not None]
                    # the default makes a batch of copies; what else does with a sample nobody knows
                    self._kept = [*left, Kept(dataset, copied=loader.collate_fn is not default_collate)]
        return next((one for one in self._kept if one.of() is dataset), None)


@contextmanager
def _changed(loader: Any, **attributes: Any) -> Iterator[None]:
    """And without torch's warning of more workers than there are cores: those that wait need none."""
    own = dict(vars(loader))
    vars(loader).update(attributes, check_worker_number_rationality=lambda: None)
    try:
        yield
    finally:
        vars(loader).clear()
        vars(loader).update(own)


class Kept:
    """A dataset that is asked for each sample only once."""

    def __init__(self, dataset: Any, *, copied: bool) -> None:
        """`copied`: whoever asks gets a copy, and may change it."""
        self.of = weakref.ref(dataset)
        self._copied = copied
        self._samples: dict[Any, Any] = {}
        self._bytes = 0

    def __getitem__(self, index: Any) -> Any:
        """As the dataset made it."""
        key = index.item() if isinstance(index, Tensor) and index.numel() == 1 else index
        try:
            found = self._samples.get(key)
        except TypeError:  # no key: a list of indices, which makes a batch
            return self._made(index)
        if found is None:
            found = self._made(index)
            self._bytes += size_of(found)
            if self._bytes > MOST:
                return found
            self._samples[key] = found
        return copy.deepcopy(found) if self._copied else found

    def _made(self, index: Any) -> Any:
        dataset: Any = self.of()  # which a loader that is drawn from holds
        return dataset[index]


def size_of(sample: Any) -> int:
    """Bytes of the arrays in a sample; little for all else."""
    match sample:
        case Tensor() | numpy.ndarray():
            return int(sample.nbytes)
        case dict():
            return sum(map(size_of, sample.values()))
        case list() | tuple():
            return sum(map(size_of, sample))
        case str() | bytes():
            return len(sample)
        case _:
            return 64


def _is_the_same_each_time(loader: Any) -> bool:
    dataset = loader.dataset
    if not (hasattr(dataset, "__dict__") and hasattr(dataset, "__weakref__")):
        return False
    with as_it_was(dataset):
        if (index := first_of(loader.sampler)) is None:
            return False
        before = _states(dataset)
        made = [content(dataset[index]) for _ in range(2)]
        return made[0] == made[1] and before == _states(dataset)


def _states(dataset: Any) -> list[Any]:
    everybodys = [random.getstate(), numpy.random.get_state(), torch.get_rng_state()]
    return [content(state) for state in (*everybodys, *map(state_of, generators(dataset)))]
