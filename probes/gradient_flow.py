"""Does the gradient reach every layer, and does it arrive in the first ones?

At some steps the root mean square of each weight's gradient is taken. A global norm hides a gradient that dies on its
way down: it is the last layer's. So the layers are compared with each other: healthy nets were measured at 0.01 to 3
for the first over the last, a plain net too deep for its activations at 1e-8 (Glorot & Bengio, Understanding the
difficulty of training deep feedforward neural networks, 2010). Look-up tables, frozen and one-dimensional parameters
are left out; each optimizer is judged alone, so that the two nets of a GAN stay apart.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nndoctor.case import Picture, Series
from nndoctor.layers import from_the_input, gradients, held, learning, lines, reached, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Gradients by layer", "zh": "各层的梯度"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "first_over_last": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "gradient in the first layers over that in the last, smallest of all nets",
            "zh": "最前几层与最后几层的梯度之比（取各网络中最小者）"}},
        "update_first_over_last": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same of the changes that a step makes in that net (about 1 with Adam, whatever the gradient)",
            "zh": "该网络中每步更新量的同一比值（用 Adam 时约为 1，与梯度无关）"}},
        "rises_with_depth": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "rank correlation of depth and gradient in that net (1 = dies steadily towards the input)",
            "zh": "该网络中层深与梯度大小的秩相关（1 表示向输入方向逐层衰减）"}},
        "depth": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "weight matrices on that way", "zh": "该网络的权重层数"}},
        "ratio_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "gradient of each weight over the largest of its net",
            "zh": "每个权重的梯度与其网络中最大梯度之比"}},
        "zero_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the weights reached whose gradient was zero at every step seen",
            "zh": "梯度能到达但始终为零的权重所占比例"}},
        "never_reached_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the optimizers' trainable numbers that no watched loss gives a gradient",
            "zh": "优化器持有的可训练参数中，没有任何损失的梯度到达的比例"}},
        "never_reached_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "size of each such parameter", "zh": "每个这样的参数的大小"}},
    },
}  # fmt: skip
FEWEST = 3
"""With fewer weights there is no first and last to compare."""
END_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Profile:
    """The gradients of one optimizer's weights, medians over the samples, from the input to the loss."""

    names: tuple[str, ...]
    sizes: tuple[float, ...]
    ratio: float
    updates: float | None
    rises: float

    def relative(self) -> dict[str, float]:
        """Each gradient over the largest."""
        return {name: size / max(self.sizes) for name, size in zip(self.names, self.sizes, strict=True)}


def run(bench: Bench) -> Facts:
    """Compares first and last layers, and lists what no gradient comes to."""
    trace = bench.trace
    if not trace.graphs:
        raise CannotMeasure("no backward pass was watched")
    facts = Facts()
    profiles = [p for number in trace.optimizers if (p := _profile(trace, number)) is not None]
    if profiles:
        worst = min(profiles, key=lambda profile: profile.ratio)
        facts.put(
            "first_over_last", worst.ratio, *lines(trace, *worst.names), step=max(0, trace.layers[0].iteration - 1)
        )
        if worst.updates is not None:
            facts.put("update_first_over_last", worst.updates)
        facts.put("rises_with_depth", worst.rises)
        facts.put("depth", float(len(worst.names)))
        facts.put("ratio_by_layer", {name: ratio for profile in profiles for name, ratio in profile.relative().items()})
        facts.pictures.extend(_picture(profile) for profile in profiles)
    known, seen = weights(trace), gradients(trace)
    matrices = [name for name in seen if name in known and known[name].is_matrix and len(seen[name]) >= FEWEST]
    if matrices:
        facts.put("zero_share", sum(not any(seen[name]) for name in matrices) / len(matrices))
    trainable = [w for name, w in known.items() if w.seen.trainable and name in held(trace)]
    missed = [w for w in trainable if w.name not in reached(trace) and w.name not in learning(trace)]
    total = sum(w.size for w in trainable)
    facts.put("never_reached_share", sum(w.size for w in missed) / total if total else 0.0)
    facts.put("never_reached_by_layer", {w.name: float(w.size) for w in missed})
    return facts


def _profile(trace: Trace, optimizer: int) -> Profile | None:
    """None for a net with too few weights, or none of whose gradients was seen."""
    samples = [sample for sample in trace.layers if sample.optimizer == optimizer]
    matrices = {name for name, weight in weights(trace).items() if weight.is_matrix}
    names = {name for sample in samples for name, size in sample.gradient.items() if size > 0} & matrices
    if len(names) < FEWEST:
        return None
    graph = max(trace.graphs, key=lambda graph: len(names.intersection(graph.reached)))
    order = [name for name in from_the_input(graph) if name in names]
    sizes = [float(np.median([s.gradient[n] for s in samples if s.gradient.get(n)])) for n in order]
    if len(order) < FEWEST:
        return None
    ratio = _first_over_last([sample.gradient for sample in samples], order)
    updates = _first_over_last([sample.update for sample in samples], order)
    ranks = np.corrcoef(np.arange(len(sizes)), np.argsort(np.argsort(sizes)))[0, 1]
    return Profile(tuple(order), tuple(sizes), ratio, updates, float(ranks)) if ratio is not None else None


def _first_over_last(samples: list[Mapping[str, float]], order: list[str]) -> float | None:
    """The largest of the first layers over the largest of the last, by the median; zeros are another matter."""
    end = max(1, math.floor(END_SHARE * len(order)))
    parts = (order[:end], order[-end:])
    ends = [[max((sample.get(name, 0.0) for name in part), default=0.0) for sample in samples] for part in parts]
    ratios = [bottom / top for bottom, top in zip(*ends, strict=True) if bottom > 0 and top > 0]
    return float(np.median(ratios)) if ratios else None


def _picture(profile: Profile) -> Picture:
    x = tuple(float(i) for i in range(len(profile.names)))
    title = {"en": "Gradient by layer, from the input to the loss", "zh": "各层梯度（从输入到损失）"}
    return Picture("strip", title, (Series("gradient", x, profile.sizes),), profile.names, logarithmic=True)
