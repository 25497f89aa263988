"""Are all layers registered with the model?

A module knows the layers that are its attributes or stand in a ModuleList, ModuleDict or Sequential; those in a plain
Python list or dictionary, or made anew in forward, it does not know. `parameters()` leaves them out, so that no
optimizer holds them; `to(device)`, `state_dict()` and `eval()` pass them by. Weights that the gradient reaches and that
belong to no model and no optimizer are looked for; of an optimizer that was given nothing, what was there to be given.
"""

from __future__ import annotations

from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.layers import Weight, bare, held, lines, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Crash, Trace

CARD: Card = {
    "title": {"en": "Layers that the model knows", "zh": "模型登记了哪些层"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "unregistered": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "weights on the way of the gradient that belong to no model and no optimizer",
            "zh": "在梯度通路上、却不属于任何模型和优化器的权重数"}},
        "unregistered_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "their share of all weights on that way", "zh": "它们占该通路上全部权重的比例"}},
        "unregistered_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "size of each of them", "zh": "每个这样的权重的大小"}},
        "nothing_to_train": {"kind": "label", "unit": "", "says": {
            "en": "why the optimizer was given no parameter", "zh": "优化器为何没有得到任何参数"},
            "labels": ("no", "unregistered", "frozen", "no_layers")},
    },
}  # fmt: skip
GIVEN_NOTHING = "empty parameter list"
FEWEST = 10
"""Steps without any gradient: a script may freeze all for the first ones, to warm up what else it has."""


def run(bench: Bench) -> Facts:
    """Compares what the graphs reach with what models and optimizers hold."""
    trace, facts = bench.trace, Facts()
    empty = trace.crash is not None and GIVEN_NOTHING in trace.crash.message
    if not trace.graphs and not empty:
        raise CannotMeasure("no backward pass was watched")
    if empty and trace.crash is not None:
        facts.put("nothing_to_train", _why_empty(trace.crash), trace.crash.place)
    else:
        frozen = _frozen(trace)
        facts.put("nothing_to_train", "frozen" if frozen else "no", *frozen[:1])
    if not trace.graphs:
        return facts
    found = list(_unregistered(trace))
    known = weights(trace) | bare(trace)
    way = {name for graph in trace.graphs for name in graph.reached if name in known and known[name].is_matrix}
    total = sum(known[name].size for name in way)
    names = [weight.name for weight in found]
    places = lines(trace, *names)
    facts.put("unregistered", float(len(found)), *places)
    facts.put("unregistered_share", sum(weight.size for weight in found) / total if total else 0.0, *places)
    facts.put("unregistered_by_layer", {weight.name: float(weight.size) for weight in found}, *places)
    return facts


def _unregistered(trace: Trace) -> Iterator[Weight]:
    """Not tensors that a loop by hand changes: these know no model that an optimizer trains on the same way."""
    ours = held(trace) & weights(trace).keys()
    ways = [graph.reached for graph in trace.graphs if not ours.isdisjoint(graph.reached)]
    for name, weight in bare(trace).items():
        own = weight.seen
        meant = own.loaded or own.copied_from or name in held(trace) or not own.std or not own.trainable
        if not meant and weight.is_matrix and ways and all(name in reached for reached in ways):
            yield weight


def _frozen(trace: Trace) -> list[Place | None]:
    """The optimizers that stepped again and again and never had a weight that may learn."""
    books = [(seen, trace.totals.get(number)) for number, seen in trace.optimizers.items()]
    return [
        seen.place
        for seen, book in books
        if seen.frozen and seen.frozen == sum(len(group.parameters) for group in seen.groups)
        if book is not None and book.steps > FEWEST and book.missing >= book.looked > 0
    ]


def _why_empty(crash: Crash) -> str:
    """By the numbers of parameters of the modules that stood near the call."""
    if crash.settings.get("hidden", 0.0) > 0:
        return "unregistered"
    return "frozen" if crash.settings.get("registered", 0.0) > 0 else "no_layers"
