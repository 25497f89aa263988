"""Do the units of the hidden layers still answer to the input?

The outputs of ReLU, sigmoid and tanh are read off the graph at some steps. A ReLU unit that gives zero for every
sample passes no gradient back and can hardly come to life again; a quarter of a healthy layer may be in that state
(22 % were measured), so that shares are given and only units judged on at least 512 values count. A sigmoid or tanh
at its end hardly passes a gradient either; as a gate, or at the output, it is meant to go there.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from nndoctor.case import Picture, Series
from nndoctor.layers import lines
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import ActivationSeen, GraphSeen

CARD: Card = {
    "title": {"en": "Activations of the hidden layers", "zh": "隐藏层的激活"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "dead_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "share of ReLU units that were zero for every one of the last samples seen",
            "zh": "最后观察到的样本上始终为零的 ReLU 单元占比"}},
        "largest_dead_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "that share in the worst layer", "zh": "最差一层的该占比"}},
        "largest_dead_share_at_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same at the first steps", "zh": "训练开始时的同一数值"}},
        "judged_on": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "values that each unit was judged on, fewest of all layers",
            "zh": "每个单元所依据的取值数（各层最少者）"}},
        "saturated_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "share of the outputs of hidden sigmoid and tanh that were at their ends, last samples seen",
            "zh": "最后观察到的样本上隐藏层 sigmoid/tanh 输出处于饱和的占比"}},
        "largest_saturated_share_at_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of hidden sigmoid and tanh outputs at their ends at the start, worst layer",
            "zh": "训练开始时隐藏层 sigmoid/tanh 输出处于饱和的占比（最差一层）"}},
        "std_last_over_first": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "spread of the last hidden layer's outputs over that of the first, at the start",
            "zh": "训练开始时最后一个与第一个隐藏层输出标准差之比"}},
    },
}  # fmt: skip
ENOUGH = 512
"""Values per unit; the number of SageMaker Debugger's dead_relu rule is of the same order."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The units of one layer over some steps: `samples` values were seen of each, a share `dead` never fired."""

    dead: float
    samples: int


def run(bench: Bench) -> Facts:
    """Puts the samples of many steps together, at the start and at the end."""
    graphs = [graph for graph in bench.trace.graphs if graph.activations]
    if not graphs:
        raise CannotMeasure("no ReLU, sigmoid or tanh was found behind the loss")
    facts = Facts()
    early, late = _layers(graphs), _layers(graphs[::-1])
    judged = {name: layer for name, layer in late.items() if layer.samples >= ENOUGH}
    if judged:
        facts.put("dead_by_layer", {name: layer.dead for name, layer in judged.items()})
        worst = max(judged, key=lambda name: judged[name].dead)
        made = lines(bench.trace, f"{worst}.bias", f"{worst}.weight")
        since = _since(graphs, worst, judged[worst].dead)
        facts.put("largest_dead_share", judged[worst].dead, *made, step=since)
        facts.put("largest_dead_share_at_start", max(layer.dead for layer in early.values()))
        facts.put("judged_on", float(min(layer.samples for layer in judged.values())))
        facts.pictures.append(_picture(judged))
    hidden = [one for graph in graphs[-3:] for one in graph.activations if _is_hidden(one, graph)]
    shares: dict[str, list[float]] = defaultdict(list)
    for one in hidden:
        shares[one.layer].append(one.saturated_share)
    facts.put("saturated_by_layer", {name: sum(own) / len(own) for name, own in shares.items()})
    begun = [one for graph in graphs[:3] for one in graph.activations if _is_hidden(one, graph)]
    if begun:
        worst_of_all = max(begun, key=lambda one: one.saturated_share)
        made = lines(bench.trace, f"{worst_of_all.layer}.weight", f"{worst_of_all.layer}.bias")
        facts.put("largest_saturated_share_at_start", worst_of_all.saturated_share, *made)
    spreads = [one.std for one in graphs[0].activations if one.std]
    if len(spreads) > 1:
        facts.put("std_last_over_first", spreads[0] / spreads[-1])
    return facts


def _layers(graphs: Sequence[GraphSeen]) -> dict[str, Layer]:
    """Each ReLU layer over as many of these graphs, in their order, as it takes to judge it."""
    seen: dict[tuple[str, int], tuple[int, int]] = {}
    for graph in graphs:
        for one in graph.activations:
            fired, samples = seen.get((one.layer, one.units), (0, 0))
            if one.kind == "relu" and one.alive and samples < ENOUGH:
                seen[one.layer, one.units] = fired | int(one.alive, 16), samples + one.samples
    return {
        name: Layer(1 - fired.bit_count() / min(units, 1024), samples)
        for (name, units), (fired, samples) in seen.items()
    }


def _since(graphs: Sequence[GraphSeen], layer: str, dead: float) -> int | None:
    """From which of the watched steps on so many units of a layer were dead in every batch."""
    since = None
    for graph in reversed(graphs):
        own = [one.dead_units for one in graph.activations if one.layer == layer and one.kind == "relu"]
        if own and max(own) < dead:
            break
        since = graph.iteration if own else since
    return since


def _is_hidden(one: ActivationSeen, graph: GraphSeen) -> bool:
    """A sigmoid or tanh that is not the output: the one just before the loss is its first."""
    outermost = one is graph.activations[0] and one.kind in graph.before
    return one.kind in ("sigmoid", "tanh") and not outermost


def _picture(layers: dict[str, Layer]) -> Picture:
    names = tuple(reversed(layers))
    x = tuple(float(i) for i in range(len(names)))
    series = Series("dead", x, tuple(layers[name].dead for name in names))
    return Picture("bars", {"en": "Dead ReLU units by layer", "zh": "各层失活的 ReLU 单元占比"}, (series,), names)
