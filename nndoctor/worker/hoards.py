"""Tensors without a graph that the user's program makes at every step and never lets go."""

from __future__ import annotations

import gc
import weakref
from collections import deque

import torch
from torch import Tensor
from torch.utils.data import Dataset

from nndoctor.burden import Hoard
from nndoctor.worker.holders import holder_of
from nndoctor.worker.places import Places
from nndoctor.worker.tensors import readable

LEAST_BYTES = 1024
"""A list of single numbers may grow as long as it likes."""
MOST_TENSORS = 200_000


class Hoards:
    """Looks now and then at what was made since training began, and which variable of the user's holds most of it."""

    def __init__(self, places: Places) -> None:
        """Nothing was looked at yet."""
        self._places = places
        self._old: set[int] | None = None
        self._seen: list[Hoard] = []
        self._before: list[weakref.ref[Tensor]] = []

    def look(self, iteration: int, tensors: list[Tensor]) -> None:
        """Looks at all that is alive between two steps; what is so at the first look is the training's own."""
        with torch._C.DisableTorchFunction():
            # what a subclass does when it is looked at nobody knows
            self._look(iteration, [one for one in tensors if type(one) is Tensor and _is_plain(one)])

    def _look(self, iteration: int, alive: list[Tensor]) -> None:
        if len(alive) > MOST_TENSORS:
            return
        if self._old is None:
            # by their memory: a view of the data, made later, takes no memory of its own
            self._old = {tensor.untyped_storage().data_ptr() for tensor in alive}
            return
        new = [one for one in alive if one.untyped_storage().data_ptr() not in self._old]
        name, place, held = holder_of(new, self._places, (Dataset,))
        if held and (bounded := _in_bounded_queues()):
            # they are looked for where it matters only: it takes a walk through all objects
            new = [one for one in new if id(one) not in bounded]
            name, place, held = holder_of(new, self._places, (Dataset,))
        if not held:
            return
        sizes = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in held}
        device = held[-1].device.type
        now, before = set(map(id, held)), self._before
        kept = sum(id(reference()) in now for reference in before) / max(1, len(before))
        self._before = [weakref.ref(one) for one in held]
        self._seen.append(Hoard(iteration, len(sizes), sum(sizes.values()), device, name, place, kept))

    def seen(self) -> tuple[Hoard, ...]:
        """All that was found, in order."""
        return tuple(self._seen)


def _is_plain(tensor: Tensor) -> bool:
    if tensor.grad_fn is not None or tensor.requires_grad or not readable(tensor):
        return False
    return tensor.untyped_storage().nbytes() >= LEAST_BYTES


def _in_bounded_queues() -> set[int]:
    """What lies in a queue that drops the oldest (a replay memory) is let go some day."""
    queues = [thing for thing in gc.get_objects() if type(thing) is deque and thing.maxlen is not None]
    items = [item for queue in queues for item in list(queue)]
    inner = [part for item in items if isinstance(item, list | tuple) for part in item]
    inner += [part for item in items if isinstance(item, dict) for part in item.values()]
    return {id(item) for item in (*items, *inner) if torch.is_tensor(item)}
