"""How violently does the loss answer to a change of the weights, at the start?

The size of a gradient depends on the units of the loss and of the weights. Free of both is the elasticity: by how many
percent the loss changes when a weight matrix changes by one percent, at most (its norm times the gradient's, over the
loss). A layer of a plain net has some 2 to 30. A recurrent net applies one matrix at every step of the sequence: where
it lets the signal grow, the elasticity grows with the power of the length (Pascanu et al., On the difficulty of
training recurrent neural networks, 2013). Gradients are taken as the optimizer gets them: clipped ones are small.
"""

from nndoctor.curve import main_curve
from nndoctor.layers import lines, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Size of the gradients at the start", "zh": "训练开始时梯度的大小"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "elasticity_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "change of the loss over the change of a weight, both relative, at the first step",
            "zh": "第一步时损失的相对变化与各权重相对变化之比"}},
        "largest_elasticity": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest change of the loss over that of a weight, both relative, at the first step",
            "zh": "第一步时损失的相对变化与权重相对变化之比（各权重中最大者）"}},
        "largest_norm_over_median": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest norm of the gradient over its median", "zh": "梯度范数的最大值与中位数之比"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """The first weighed step of the main training, and the norms of all."""
    trace = bench.trace
    curve = main_curve(trace)
    if curve is None:
        raise CannotMeasure("no backward pass was seen")
    losses = {row.index: row.loss for row in trace.iterations}
    first = next((s for s in trace.layers if s.optimizer == curve.optimizer and s.gradient and s.weight), None)
    loss = None if first is None else losses.get(first.iteration - 1)
    if first is None or not loss:
        raise CannotMeasure("no gradient of a finite loss was weighed at the start")
    known, facts = weights(trace), Facts()
    # norms are root mean squares times the root of the number of elements
    elastic = {
        name: first.gradient[name] * first.weight[name] * known[name].size / abs(loss)
        for name in first.gradient
        if name in first.weight and name in known and known[name].is_matrix
    }
    if not elastic:
        raise CannotMeasure("no gradient of a weight matrix was weighed at the start")
    worst = max(elastic, key=elastic.__getitem__)
    step = first.iteration - 1
    facts.put("elasticity_by_layer", elastic, step=step)
    facts.put("largest_elasticity", elastic[worst], *lines(trace, worst), step=step)
    norms = [(row.gradient_norm, row.index) for row in trace.iterations if row.gradient_norm]
    if norms:
        largest, step = max(norms)
        usual = sorted(norms)[len(norms) // 2][0]
        facts.put("largest_norm_over_median", largest / usual, step=step)
    return facts
