"""Random numbers of a loader's workers, where each begins with a copy of the same generator."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from torch.utils.data._utils import worker as loading

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked

KINDS = (numpy.random.Generator, numpy.random.RandomState, random.Random, torch.Generator)
DEEP = 4
"""Levels of a dataset's own things that are looked through for generators."""
SEED = 20_240


class WorkerSeeds(Steering):
    """Seeds a dataset's own generators in each worker, where two workers are seen to draw the same.

    They are played one after the other in this process, which is a rerun: what torch seeds for each of them, and what
    the script's `worker_init_fn` does, is done; the sample is asked for twice. Alike are two that give the same both
    times, while the two times differ, by a generator that went on. torch itself seeds what is global, numpy's too.
    """

    needs = "no loader with several workers whose dataset draws the same random numbers in each"

    def __init__(self) -> None:
        """No dataset was looked at yet."""
        super().__init__()
        self._alike = Marked()
        self._looked = Marked()

    def install(self, around: Around) -> None:
        """Round the starting of workers."""
        self._around = around
        DataLoader._get_iterator = around.wrapped(DataLoader._get_iterator, self._begun)

    def _begun(self, begin: Any, loader: Any) -> Any:
        if self._looks(loader):
            self._looked.add(loader.dataset)
            with self._around.at_work(), as_it_was(loader.dataset):
                if _draw_alike(loader):
                    self._alike.add(loader.dataset)
        if loader.num_workers < 2 or loader.dataset not in self._alike:
            return begin(loader)
        self.applied += 1
        own = loader.worker_init_fn
        loader.worker_init_fn = functools.partial(_started, own)
        try:
            return begin(loader)
        finally:
            loader.worker_init_fn = own

    def _looks(self, loader: Any) -> bool:
        if loader.num_workers < 2 or isinstance(loader.dataset, IterableDataset) or loader.dataset in self._looked:
            return False
        context = loader.multiprocessing_context or torch.multiprocessing
        return bool(context.get_start_method() == "fork") and hasattr(loader.dataset, "__dict__")


def _started(own: Any, worker: int) -> None:
    if own is not None:
        own(worker)
    told = get_worker_info()
    if told is not None:
        for generator in generators(told.dataset):
            _seed(generator, told.seed)


def _draw_alike(loader: Any) -> bool:
    found = generators(loader.dataset)
    if not found:
        return False
    if (index := first_of(loader.sampler)) is None:
        return False
    begun = [content(state_of(one)) for one in found]
    with as_it_was(loader.dataset):
        first = _drawn(loader, 0, index)
        moved = begun != [content(state_of(one)) for one in found]
    with as_it_was(loader.dataset):
        second = _drawn(loader, 1, index)
    return moved and first[0] != first[1] and first == second


def first_of(sampler: Any) -> Any:
    """The index that it begins with, None if there is none; its own generator is put back."""
    own = getattr(sampler, "generator", None)
    state = own.get_state() if isinstance(own, torch.Generator) else None
    index = next(iter(sampler), None)
    if isinstance(own, torch.Generator) and state is not None:
        own.set_state(state)
    return index


def _drawn(loader: Any, number: int, index: Any) -> list[Any]:
    """What a worker would make of the same sample, twice."""
    dataset, seed = loader.dataset, SEED + number
    random.seed(seed)
    torch.manual_seed(seed)
    numpy.random.seed(seed)  # as torch does in a worker
    told: Any = loading
    told._worker_info = loading.WorkerInfo(id=number, num_workers=loader.num_workers, seed=seed, dataset=dataset)
    try:
        if loader.worker_init_fn is not None:
            loader.worker_init_fn(number)
        return [content(dataset[index]) for _ in range(2)]
    finally:
        told._worker_info = None


@contextmanager
def as_it_was(dataset: Any) -> Iterator[None]:
    """Random numbers, a dataset's attributes and its generators are put back afterwards."""
    held, found = dict(vars(dataset)), generators(dataset)
    states = [state_of(one) for one in found]
    own, of_numpy, of_torch = random.getstate(), numpy.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(own)
        numpy.random.set_state(of_numpy)
        torch.set_rng_state(of_torch)
        vars(dataset).clear()
        vars(dataset).update(held)
        for generator, state in zip(found, states, strict=True):
            _put_back(generator, state)


def generators(dataset: Any) -> list[Any]:
    """Those that a dataset keeps, its parts and transforms too, or finds among the variables of its own module."""
    around = getattr(getattr(type(dataset), "__getitem__", None), "__globals__", {})
    found: list[Any] = [value for value in around.values() if isinstance(value, KINDS)]
    seen, waiting = set(map(id, found)), [(dataset, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, KINDS):
            found.append(thing)
        elif depth < DEEP:
            waiting += [(part, depth + 1) for part in _parts(thing)]
    return found


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, dict):
        return list(thing.values())[:64]
    if isinstance(thing, list | tuple):
        return list(thing)[:64]
    return [] if isinstance(thing, Tensor | numpy.ndarray) else list(getattr(thing, "__dict__", {}).values())


def state_of(generator: Any) -> Any:
    """From where it goes on."""
    match generator:
        case numpy.random.Generator():
            return generator.bit_generator.state
        case random.Random():
            return generator.getstate()
        case _:
            return generator.get_state()


def _put_back(generator: Any, state: Any) -> None:
    match generator:
        case numpy.random.Generator():
            generator.bit_generator.state = state
        case random.Random():
            generator.setstate(state)
        case _:
            generator.set_state(state)


def _seed(generator: Any, seed: int) -> None:
    match generator:
        case numpy.random.Generator():
            generator.bit_generator.state = type(generator.bit_generator)(seed).state
        case torch.Generator():
            generator.manual_seed(seed)
        case _:
            generator.seed(seed % 2**32)


def content(thing: Any) -> Any:
    """What is equal where two samples, or two states, are."""
    match thing:
        case Tensor():
            return tuple(thing.shape), thing.detach().cpu().numpy().tobytes()
        case numpy.ndarray():
            return thing.shape, thing.tobytes()
        case dict():
            return tuple((str(key), content(value)) for key, value in thing.items())
        case list() | tuple():
            return tuple(map(content, thing))
        case int() | float() | str() | bytes() | numpy.generic():
            return thing
        case _:
            return content(vars(thing)) if hasattr(thing, "__dict__") else str(type(thing))
