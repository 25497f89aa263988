"""Training and evaluation mode, and the graph: as the call's purpose wants them, for the time of the call.

What a call is for is told by the way that led to it, all lines of the stack: one that a gradient came back on trains.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data.dataloader import _BaseDataLoaderIter

from nndoctor.worker.steering.around import Around, Steering
from nndoctor.worker.steering.marked import Marked
from nndoctor.worker.tensors import found_in

_OURS = (
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep,
    os.path.dirname(torch.__file__) + os.sep,
)
Way = tuple[tuple[int, int], ...]


class Ways:
    """The ways by which a model was called: those that train, and others; `kept` are parts that train in eval mode."""

    def __init__(self) -> None:
        """None was gone yet."""
        self.trains: set[Way] = set()
        self.kept: set[str] = set()
        self._since: dict[Way, bool] = {}

    def went_backward(self) -> None:
        """A backward pass has come to its end."""
        self._since = dict.fromkeys(self._since, True)

    def is_new(self, way: Way) -> bool:
        """Whether no call with a graph came by it yet."""
        return way not in self._since

    def was_vain(self, way: Way) -> bool:
        """Whether it was gone before, and something was trained since, but not by it."""
        return way not in self.trains and self._since.get(way, False)

    def goes(self, way: Way, output: Any) -> None:
        """A call by this way has given its output."""
        self._since.setdefault(way, False)
        for _, tensor in found_in(output):
            if tensor.grad_fn is not None:
                tensor.register_hook(partial(self._came_back, way))

    def _came_back(self, way: Way, _: Tensor) -> None:
        self.trains.add(way)


class Modes(Steering):
    """Puts calls of models that have modes into another one; the user finds it as it was left."""

    def __init__(self) -> None:
        """No call was seen yet."""
        super().__init__()
        self._ways: dict[int, tuple[Marked, Ways]] = {}
        self._drawn = Marked()
        self._trained_on = Marked()

    def install(self, around: Around) -> None:
        """Round the outermost calls of models, the draws of loaders, after backward passes."""
        around.models(self._called)
        around.backward(lambda _: None, self._went_backward)
        _BaseDataLoaderIter.__next__ = around.wrapped(_BaseDataLoaderIter.__next__, self._drew)

    def _drew(self, draw: Any, iterator: Any) -> Any:
        self._drawn = Marked()
        self._drawn.add(iterator._dataset)
        return draw(iterator)

    def is_look(self, module: nn.Module, ways: Ways, way: Way) -> bool:
        """Whether the model trained by other ways, and this one is known not to, or is new and looks like none.

        It does in evaluation mode, and on data that come from another loader than those of training.
        """
        if way in ways.trains or not ways.trains:
            return False
        known = list(self._trained_on)
        other = bool(known) and not any(dataset in self._trained_on for dataset in self._drawn)
        return ways.was_vain(way) or not module.training or other

    def _went_backward(self) -> None:
        self._trained_on.add(*self._drawn)
        for _, ways in self._ways.values():
            ways.went_backward()

    def ways_of(self, module: nn.Module) -> Ways:
        """What is known of its calls."""
        marked, ways = self._ways.get(id(module), (Marked(), Ways()))
        if module not in marked:
            ways = Ways()
            marked.add(module)
            self._ways[id(module)] = marked, ways
        return ways

    def _called(self, call: Any, module: nn.Module, args: Any, kwargs: Any) -> Any:
        way = way_here()
        ways = self.ways_of(module)
        with self.mode(module, ways, way):
            output = call(module, *args, **kwargs)
        if torch.is_grad_enabled():
            ways.goes(way, output)
        return output

    def mode(self, module: nn.Module, ways: Ways, way: Way) -> Any:
        """The context that the call runs in."""
        raise NotImplementedError

    @contextmanager
    def turned(self, module: nn.Module, *, training: bool, but: Container[str] = ()) -> Iterator[None]:
        """All of it in that mode, but some parts."""
        before = [(part, part.training) for name, part in module.named_modules() if name not in but]
        self.applied += any(was != training for _, was in before)
        for part, _ in before:
            part.training = training
        try:
            yield
        finally:
            for part, was in before:
                part.training = was


class Trained(Modes):
    """Training mode where a gradient will come back."""

    needs = "no training call of a model in evaluation mode"

    def mode(self, module: nn.Module, ways: Ways, way: Way) -> Any:
        """By a way that trained before; parts that were kept in evaluation mode then stay so.

        As long as nothing has trained, each new way may be the one: an evaluation would lose one batch by that.
        """
        trains = way in ways.trains or (not ways.trains and ways.is_new(way))
        if not torch.is_grad_enabled() or not trains:
            return nullcontext()
        if module.training:
            ways.kept = {name for name, part in module.named_modules() if not part.training}
        return self.turned(module, training=True, but=ways.kept)


class Evaluated(Modes):
    """Evaluation mode where no gradient is asked for, or none ever came back."""

    needs = "no evaluation of a model in training mode"

    def mode(self, module: nn.Module, ways: Ways, way: Way) -> Any:
        """Also with a graph that nobody used."""
        looks = not torch.is_grad_enabled() or self.is_look(module, ways, way)
        return self.turned(module, training=False) if looks else nullcontext()


class Graphless(Modes):
    """No graph in calls on which no gradient ever came back."""

    needs = "no evaluation that builds a graph"

    def mode(self, module: nn.Module, ways: Ways, way: Way) -> Any:
        """Once it is known what trains."""
        if not torch.is_grad_enabled() or not self.is_look(module, ways, way):
            return nullcontext()
        self.applied += 1
        return torch.no_grad()


def way_here() -> Way:
    """The lines that led to the call that an intervention stands round."""
    found = []
    frame: Any = sys._getframe(2)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OURS):
            found.append((id(frame.f_code), frame.f_lineno))
        frame = frame.f_back
    return tuple(found)
