"""How much of the weights is left under weight decay?

Weight decay takes a fixed share of every weight at each step, whatever the data say. Where that share is larger than
what the gradient gives back, the weights shrink towards zero and the network forgets faster than it learns. Biases and
the weights of norms are left out.
"""

from statistics import median

from nndoctor.curve import main_curve
from nndoctor.layers import weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Weights under weight decay", "zh": "权重衰减下的权重"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "decay": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest weight decay of the main optimizer", "zh": "主优化器的最大权重衰减系数"}},
        "shrunk_to": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "size of the decayed weights at the last sample over that at the first, median of the layers",
            "zh": "受衰减的权重最后一次采样与第一次采样的大小之比（各层中位数）"}},
        "share_a_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of each weight that the decay alone takes at a step: learning rate times decay",
            "zh": "仅衰减一项每步拿走的权重比例：学习率 × 衰减系数"}},
    },
}  # fmt: skip
PLAIN = ("SGD", "AdamW")
"""In these the decay does not pass through an adaptive step."""


def run(bench: Bench) -> Facts:
    """The weights that a group with decay holds, at the first and the last step that were weighed."""
    trace = bench.trace
    curve = main_curve(trace)
    optimizer = trace.optimizers.get(curve.optimizer) if curve is not None else None
    if optimizer is None:
        raise CannotMeasure("no optimizer was seen to step")
    groups = [group for group in optimizer.groups if group.weight_decay > 0]
    facts = Facts()
    facts.put("decay", max((group.weight_decay for group in groups), default=0.0), optimizer.place)
    if optimizer.kind in PLAIN:
        facts.put("share_a_step", max((g.learning_rate * g.weight_decay for g in groups), default=0.0), optimizer.place)
    samples = [one for one in trace.layers if one.optimizer == optimizer.optimizer and one.weight]
    known = weights(trace)
    held = {name for group in groups for name in group.parameters if name in known and known[name].is_matrix}
    if samples and held:
        first, last = samples[0].weight, samples[-1].weight
        sizes = [last[name] / first[name] for name in held if first.get(name) and name in last]
        if sizes:
            facts.put("shrunk_to", median(sizes), optimizer.place)
    return facts
