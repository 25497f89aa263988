"""In which order, and how many at a time, training data are drawn."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.utils.data import IterableDataset, RandomSampler, SequentialSampler, SubsetRandomSampler
from torch.utils.data.dataloader import _BaseDataLoaderIter

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

SEED = 20_240


class Drawing(Steering):
    """Changes which samples the batches of training passes hold; evaluations stay as they are.

    A pass is known to train by a backward pass while it is the one drawn from; the rest of it is changed then, and
    later ones over the same data from their start. So is the first of all that begins with an optimizer and with
    gradients: validation comes after training, or without them.
    """

    def __init__(self) -> None:
        """No loader is known yet."""
        super().__init__()
        self._training = Marked()
        self._optimizers = False
        self._drawn: weakref.ref[Any] | None = None

    def install(self, around: Around) -> None:
        """Round the beginning of passes, draws and backward passes."""
        around.optimizers(self._built)
        around.backward(self._backward)
        for name in ("__init__", "_reset"):
            original = getattr(_BaseDataLoaderIter, name)
            setattr(_BaseDataLoaderIter, name, around.wrapped(original, self._prepared))
        _BaseDataLoaderIter.__next__ = around.wrapped(_BaseDataLoaderIter.__next__, self._drew)

    def fits(self, sampler: Any) -> bool:
        """Whether passes in the order of that sampler are changed."""
        raise NotImplementedError

    def changed(self, left: list[Any]) -> list[Any]:
        """What is left to be drawn: lists of samples, one a batch, or the samples."""
        raise NotImplementedError

    def _prepared(self, prepare: Any, iterator: Any, loader: Any, *args: Any, **kwargs: Any) -> None:
        """In the middle of making an iterator: before workers are sent their first orders."""
        prepare(iterator, loader, *args, **kwargs)
        first = self._optimizers and torch.is_grad_enabled() and not list(self._training)
        if loader.dataset in self._training or first:
            self._change(iterator)

    def _built(self, _: Any) -> None:
        self._optimizers = True

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
        if not getattr(iterator, "_nndoctor_changed", False):
            self._change(iterator)

    def _change(self, iterator: Any) -> None:
        sampler = getattr(iterator._index_sampler, "sampler", iterator._index_sampler)
        if self.fits(sampler):
            self.applied += 1
            iterator._nndoctor_changed = True
            iterator._sampler_iter = iter(self.changed(list(iterator._sampler_iter)))


class Shuffling(Drawing):
    """Mixes the samples, batch sizes kept."""

    needs = "no DataLoader with batches in a fixed order behind the training: data cut by hand can't be reached"

    def __init__(self) -> None:
        """No loader is known yet."""
        super().__init__()
        self._random = torch.Generator().manual_seed(SEED)

    def fits(self, sampler: Any) -> bool:
        """A fixed order."""
        return isinstance(sampler, SequentialSampler)

    def changed(self, left: list[Any]) -> list[Any]:
        """In another order."""
        whole = bool(left) and isinstance(left[0], list)  # else each draw is one sample
        samples = [index for batch in left for index in batch] if whole else left
        order = iter(torch.randperm(len(samples), generator=self._random).tolist())
        return [[samples[next(order)] for _ in batch] if whole else samples[next(order)] for batch in left]


class Resizing(Drawing):
    """Draws larger or smaller batches of the same samples in the same order; loaders tell their old length."""

    needs = "no DataLoader with batches of one size behind the training"

    def __init__(self, factor: float) -> None:
        """`factor` is for the number of samples in a batch."""
        super().__init__()
        self._factor = factor

    def fits(self, sampler: Any) -> bool:
        """One that comes to an end."""
        return isinstance(sampler, SequentialSampler | RandomSampler | SubsetRandomSampler)

    def changed(self, left: list[Any]) -> list[Any]:
        """Cut anew."""
        if not left or not isinstance(left[0], list):
            return left
        samples, size = [index for batch in left for index in batch], max(1, round(len(left[0]) * self._factor))
        return [samples[start : start + size] for start in range(0, len(samples), size)]


class Lengthening(Drawing):
    """Goes over the samples of a training pass several times, each batch as it was; loaders tell their old length."""

    needs = "no DataLoader that comes to an end behind the training: a loop over data cut by hand can't be lengthened"

    def __init__(self, times: int) -> None:
        """`times` is for the number of batches."""
        super().__init__()
        self._times = times

    def fits(self, sampler: Any) -> bool:
        """One that comes to an end."""
        return isinstance(sampler, SequentialSampler | RandomSampler | SubsetRandomSampler)

    def changed(self, left: list[Any]) -> list[Any]:
        """Over and over."""
        return left * self._times
