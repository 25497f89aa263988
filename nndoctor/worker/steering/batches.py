"""Which batches the script gets: the first one for ever, or the next one where it asks for the first again."""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterator
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.utils.data.dataloader import DataLoader, _BaseDataLoaderIter

from nndoctor.worker.losses import FUNCTIONS, bound
from nndoctor.worker.steering.around import Around, Steering


class GoingOn(Steering):
    """A loader whose iteration is begun anew after one batch goes on where it was, to its end and over again.

    So does one that a seed set anew would make begin with the same batch: a seed is set to one value only once.
    """

    needs = "no loader that is begun anew for every batch, and no seed that is set over and over"

    def __init__(self) -> None:
        """No loader is known yet."""
        super().__init__()
        self._iterators: dict[int, tuple[weakref.ref[Any], Any, list[int]]] = {}
        self._seeds: set[tuple[str, object]] = set()

    def install(self, around: Around) -> None:
        """Round the beginning of passes, and the setting of torch's seed."""
        self._around = around
        DataLoader.__iter__ = around.wrapped(DataLoader.__iter__, self._begun)
        _BaseDataLoaderIter.__next__ = around.wrapped(_BaseDataLoaderIter.__next__, self._drew)
        for owner, name in (
            (torch, "manual_seed"),
            (torch.random, "manual_seed"),
            (numpy.random, "seed"),
            (random, "seed"),
        ):
            setattr(owner, name, around.wrapped(getattr(owner, name), self._seeded))

    def _seeded(self, seed: Any, value: Any = None, *args: Any, **kwargs: Any) -> Any:
        if value is not None and (seed.__name__, value) in self._seeds:
            self.applied += 1
            return torch.default_generator if seed.__name__ == "manual_seed" else None
        self._seeds.add((seed.__name__, value))
        with self._around.at_work():
            return seed(value, *args, **kwargs)

    def _begun(self, begin: Any, loader: Any) -> Any:
        known, iterator, drawn = self._iterators.get(id(loader), (None, None, [0]))
        if known is not None and known() is loader and drawn[0] == 1:
            self.applied += 1
            drawn[0] = 0
            return iterator
        iterator = begin(loader)
        iterator._nndoctor_drawn = drawn = [0]
        iterator._nndoctor_loader = weakref.ref(loader)
        self._iterators[id(loader)] = weakref.ref(loader), iterator, drawn
        return iterator

    def _drew(self, draw: Any, iterator: Any) -> Any:
        drawn = getattr(iterator, "_nndoctor_drawn", [0])
        drawn[0] += 1
        try:
            return draw(iterator)
        except StopIteration:
            again = self._again(iterator)
            if drawn[0] != 1 or again is None:
                raise
            return next(again)

    def _again(self, iterator: Any) -> Any:
        """A fresh pass in the place of one that went on from call to call and is used up."""
        known = getattr(iterator, "_nndoctor_loader", None)
        loader = known() if known is not None else None
        if loader is None:
            return None
        del self._iterators[id(loader)]
        return iter(loader)


class Repeating(Steering):
    """The first training batch, as the models and the losses first got it, again at every step."""

    needs = "no model or loss in a training step"

    def __init__(self) -> None:
        """Nothing was kept yet."""
        super().__init__()
        self._kept: dict[tuple[str, int], Any] = {}
        self._counts: dict[str, int] = {}
        self._backwards = 0

    def install(self, around: Around) -> None:
        """Round the outermost calls of models, losses and backward passes."""
        around.models(self._called)
        around.losses(FUNCTIONS, self._lost)
        around.backward(lambda _: None, self._went_backward)

    def _went_backward(self) -> None:
        self._backwards += 1
        self._counts = {}

    def _first(self, place: str, given: Any) -> Any:
        """What was given at this place of the first step; a place is the n-th call of its kind in a step."""
        number = self._counts[place] = self._counts.get(place, -1) + 1
        if not self._backwards:
            self._kept.setdefault((place, number), given)
        kept = self._kept.get((place, number), given)
        self.applied += kept is not given
        return kept

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        if torch.is_grad_enabled() and module.training and not _made_by_a_model(args, kwargs):
            args, kwargs = self._first(f"{id(module)}", (args, kwargs))
        return call(module, *args, **kwargs)

    def _lost(self, name: str, loss: Any, args: Any, kwargs: Any) -> Any:
        given = bound(name, args, kwargs)
        if given is None or "target" not in given.arguments or not torch.is_grad_enabled():
            return loss(*args, **kwargs)
        target = given.arguments["target"]
        if isinstance(target, Tensor) and not target.requires_grad:
            given.arguments["target"] = self._first(name, target)
        return loss(*given.args, **given.kwargs)


def _made_by_a_model(args: Any, kwargs: Any) -> bool:
    def tensors(thing: Any) -> Iterator[Tensor]:
        if isinstance(thing, Tensor):
            yield thing
        for part in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ():
            yield from tensors(part)

    return any(tensor.requires_grad for tensor in tensors([list(args), kwargs]))
