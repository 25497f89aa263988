"""Do the weights start apart from each other, and at a size that keeps the signal as it is?

Units that start alike and are used alike get the same gradient for ever: the layer is one unit wide. A zero start is
legal where the other side breaks the symmetry (a last layer, LoRA's B, a residual gate); that shows in the units going
apart within a few steps. Units are the rows of torch's layers; of a weight made by hand, in a module or as a bare
tensor, they are whichever slices stay alike. The size is told by the gain, std * sqrt(fan-in): 1.4 keeps a ReLU net's
signal as it is (He et al., Delving Deep into Rectifiers, 2015), 0.58 is torch's default for linear layers. Where a
hand-made matrix may be meant either way round, the smaller gain is given. Weights from a file and look-up tables are
left out.
"""

import math
from collections.abc import Collection

from nndoctor.case import Picture, Series
from nndoctor.curve import blind_loss
from nndoctor.layers import LAYERS, Weight, bare, gradients, lines, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Weights at the start", "zh": "权重的初始值"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "alike_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "of the weights whose units were all alike at the start: how far these are apart at the end",
            "zh": "初始时各单元完全相同的权重：训练结束时各单元之间的相对差异"}},
        "still_alike": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "trained weights whose units stayed alike", "zh": "经过训练各单元仍相同的权重个数"}},
        "still_alike_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same as a share of the weights that are trained", "zh": "其占被训练权重的比例"}},
        "gain_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "std * sqrt(fan-in) of each weight", "zh": "各权重的 标准差 × √fan_in"}},
        "largest_gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest std * sqrt(fan-in) of a weight", "zh": "权重的 标准差 × √fan_in（最大者）"}},
        "median_gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "median std * sqrt(fan-in) of the weights", "zh": "各权重 标准差 × √fan_in 的中位数"}},
        "input_scale": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "root mean square of the first input", "zh": "首个输入的均方根"}},
        "output_scale": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "root mean square of the network's first output", "zh": "网络首次输出的均方根"}},
        "output_overflows": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the untrained network's first output is not finite, though its input is",
            "zh": "未训练网络的首次输出不是有限值，而其输入是有限的"}},
        "first_loss_over_blind": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "first loss over that of the best answer that ignores the input",
            "zh": "首个损失与“不看输入的最优回答”之损失的比值"}},
    },
}  # fmt: skip
APART = 1e-3
"""Relative distance of units: rounding alone was measured at 1e-7, one step of Adam at 1e-3 at 0.02 and more."""
FEWEST_STEPS = 3


def run(bench: Bench) -> Facts:
    """Looks at each weight as it stood at the first call, and at the first loss."""
    trace = bench.trace
    sizes = gradients(trace)
    graded = {name for name, samples in sizes.items() if len(samples) >= FEWEST_STEPS}
    loose = {name: weight for name, weight in bare(trace).items() if name in graded}
    both = [weight for weight in (weights(trace) | loose).values() if weight.is_matrix]
    own = [w for w in both if not w.seen.loaded and not w.seen.copied_from]
    if not own:
        raise CannotMeasure("no model with weights of its own was called")
    facts = Facts()
    _put_likeness(facts, trace, [w for w in own if w.name in graded], sizes.keys())
    gains = {w.name: _gain(w) for w in own if w.seen.std and w.seen.trainable and not _is_prototype(w, trace)}
    facts.put("gain_by_layer", gains)
    if gains:
        ordered = sorted(gains.values())
        facts.put("largest_gain", ordered[-1], *lines(trace, max(gains, key=gains.__getitem__)), step=0)
        facts.put("median_gain", ordered[len(ordered) // 2], step=0)
        facts.pictures.append(_picture(gains))
    _put_scales(facts, trace)
    return facts


def _put_likeness(facts: Facts, trace: Trace, trained: list[Weight], graded: Collection[str]) -> None:
    apart: dict[str, float] = {}
    for sample in trace.layers:
        apart |= sample.spread
    # rows of an output layer that began at zero part only as their classes come up
    nearest = {name for graph in trace.graphs for name in [n for n in graph.reached if n in graded][:2]}
    legal = {w.name for w in trained if w.seen.zero and w.name in nearest}
    alike = {w.name: apart[w.name] for w in trained if w.seen.identical_slices and w.name in apart.keys() - legal}
    stayed = [name for name, distance in alike.items() if distance < APART]
    facts.put("alike_by_layer", alike)
    # a bare tensor is made by any function: its line is known where torch.nn.init filled it
    users = [*(one.place for one in trace.optimizers.values()), *(one.place for one in trace.sites.values())]
    facts.put("still_alike", float(len(stayed)), *(lines(trace, *stayed) or users[:1]), step=0)
    facts.put("still_alike_share", len(stayed) / len(trained) if trained else 0.0)


def _is_prototype(weight: Weight, trace: Trace) -> bool:
    """A hand-made last weight: often class centres that are brought to length 1 before they are used."""
    return weight.kind not in LAYERS and any(graph.reached[:1] == (weight.name,) for graph in trace.graphs)


def _gain(weight: Weight) -> float:
    fan_in = weight.seen.fan_in
    return (weight.seen.std or 0.0) * math.sqrt(fan_in if weight.kind in LAYERS else min(fan_in, weight.size / fan_in))


def _put_scales(facts: Facts, trace: Trace) -> None:
    batch = next((batch for batch in trace.batches if not batch.evaluating and batch.iteration == 0), None)
    given = next((t for t in batch.inputs if t.std is not None and "int" not in t.dtype), None) if batch else None
    call = next((call for call in trace.losses if not call.evaluating and call.iteration == 0), None)
    output = (
        batch.output if batch is not None and batch.output is not None else call.input if call is not None else None
    )
    if batch is not None and output is not None:
        sound = not any(tensor.nonfinite for tensor in batch.inputs)
        facts.put("output_overflows", sound and output.nonfinite > 0, step=0)
    for name, tensor in (("input_scale", given), ("output_scale", output)):
        if tensor is not None and tensor.mean is not None and tensor.std is not None:
            facts.put(name, math.hypot(tensor.mean, tensor.std), call.place if call is not None else None)
    blind = blind_loss([call]) if call is not None else None
    if call is not None and call.value is not None and blind:
        facts.put("first_loss_over_blind", call.value / blind, call.place)


def _picture(gains: dict[str, float]) -> Picture:
    x = tuple(float(i) for i in range(len(gains)))
    title = {"en": "Gain of each weight at the start: std * sqrt(fan-in)", "zh": "各权重的初始增益：标准差 × √fan_in"}
    return Picture("bars", title, (Series("gain", x, tuple(gains.values())),), tuple(gains))
