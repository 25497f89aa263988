"""The weights of a run by name, which of them are trained, and the operations between the last layer and the loss.

A parameter has one full name, "<model>:<name>", in whatever models it sits. Standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from nndoctor.case import Place
from nndoctor.seen import GraphSeen, OpSeen, ParameterSeen
from nndoctor.trace import Trace

TABLES = ("Embedding", "EmbeddingBag")
"""Look-up tables: most rows have no gradient in any one step, and the values are no factors of a sum."""
LAYERS = ("Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "LSTM", "GRU", "RNN", "MultiheadAttention",
          "NonDynamicallyQuantizableLinear")  # fmt: skip
"""Torch's own layers with weights of the form (outputs, inputs, ...)."""
MIXING = ("linear", "conv", "matmul", "mm", "bmm", "einsum", "embedding", "gru", "lstm", "rnn", "attention")
"""Parts of the names of torch functions that apply weights."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One parameter: `kind` is the class of the module that holds it, `model` the first model that it was seen in."""

    name: str
    model: int
    kind: str
    seen: ParameterSeen

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.seen.shape)

    @property
    def is_matrix(self) -> bool:
        """Whether it mixes features: a weight of a linear, convolutional or recurrent layer, or one like it."""
        shape = self.seen.shape
        table = any(word in self.kind for word in TABLES)
        return len(shape) > 1 and shape[0] > 1 and self.seen.fan_in > 1 and not table


def weights(trace: Trace) -> dict[str, Weight]:
    """All parameters of all models by full name, in the order of their definition, each once."""
    found: dict[str, Weight] = {}
    for number, model in trace.models.items():
        kinds = {module.name: module.kind for module in model.modules}
        for seen in model.parameters:
            name = seen.known_as or f"{number}:{seen.name}"
            found.setdefault(name, Weight(name, number, kinds.get(seen.name.rpartition(".")[0], ""), seen))
    return found


def bare(trace: Trace) -> dict[str, Weight]:
    """The weights that belong to no model met, as tensors in a dictionary do, by full name."""
    return {name: Weight(name, -1, "", seen) for seen in trace.bare for name in (f"?:{seen.name}",)}


def lines(trace: Trace, *names: str) -> tuple[Place, ...]:
    """The lines that made these parameters or gave them their values, each once, three at most."""
    known = weights(trace) | bare(trace)
    places = (known[name].seen.place for name in names if name in known)
    return tuple(dict.fromkeys(place for place in places if place is not None))[:3]


def held(trace: Trace) -> frozenset[str]:
    """The parameters that some optimizer holds."""
    return frozenset(n for o in trace.optimizers.values() for group in o.groups for n in group.parameters)


def reached(trace: Trace) -> frozenset[str]:
    """The parameters that the gradient of any watched loss reached: in a GAN, or with branches, by turns."""
    return frozenset(name for graph in trace.graphs for name in graph.reached)


def gradients(trace: Trace) -> Mapping[str, list[float]]:
    """The root mean square gradients of each parameter at the watched steps; absent where it was None throughout."""
    found: dict[str, list[float]] = {}
    for sample in trace.layers:
        for name, size in sample.gradient.items():
            found.setdefault(name, []).append(size)
    return found


def learning(trace: Trace) -> frozenset[str]:
    """The parameters that get a gradient other than zero at some watched step, or change without one."""
    sizes = gradients(trace)
    moved = {name for sample in trace.layers for name, way in sample.moved.items() if way > 0}
    alive = {name for name in reached(trace) if any(sizes.get(name, (1.0,)))}
    return frozenset(alive | {name for name, all_sizes in sizes.items() if any(all_sizes)} | moved)


def from_the_input(graph: GraphSeen) -> tuple[str, ...]:
    """The parameters that this loss reached, those farthest from the loss first: the order of a plain net's layers."""
    return tuple(reversed(graph.reached))


def operations(trace: Trace) -> list[tuple[int, tuple[OpSeen, ...]]]:
    """All watched operations with the number of their iteration: first those in models, then those outside."""
    inside = [(forward.iteration, forward.operations) for forward in trace.forwards]
    return inside + [(path.iteration, path.operations) for path in trace.loss_paths]


def near_the_loss(trace: Trace) -> Iterator[tuple[int, OpSeen]]:
    """The watched operations outside of the models; where none takes a gradient, those after the model's last layer.

    In a functional loop everything is outside: there, too, those after the last layer. With the iteration's number.
    """
    for path in trace.loss_paths:
        yield from ((path.iteration, op) for op in after_the_last_layer(path.operations))
    outside = {path.iteration for path in trace.loss_paths if any(op.takes_grad for op in path.operations)}
    for forward in trace.forwards:
        if forward.iteration not in outside:
            yield from ((forward.iteration, op) for op in after_the_last_layer(forward.operations))


def after_the_last_layer(operations: Sequence[OpSeen]) -> Sequence[OpSeen]:
    """What follows the last application of weights; all of it where there is none."""
    last = max((n for n, op in enumerate(operations) if any(word in op.name for word in MIXING)), default=-1)
    return operations[last + 1 :]


def last_line(trace: Trace, function: str) -> Place | None:
    """The line that called this function last before the first watched backward, on the way of a gradient."""
    paths = operations(trace)
    first = min((iteration for iteration, _ in paths), default=0)
    seen = [op for iteration, ops in paths if iteration == first for op in ops]
    return next((op.place for op in reversed(seen) if op.name == function and op.takes_grad), None)
