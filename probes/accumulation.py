"""Do several backward passes add up to one step, and is their sum taken, or their mean?

backward() adds to the gradients that are there. Loops that gather a large batch from small ones therefore divide each
loss by their number. The optimizer's calls tell how many passes come between two cleanings; the loss that went
backward, held against what the loss function returned, tells whether it was divided. Passes that start on different
lines are terms of one loss, and no accumulation.
"""

from nndoctor.accumulated import goes_backward_whole, passes_per_step
from nndoctor.curve import main_curve
from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Gradient accumulation", "zh": "梯度累积"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "passes_per_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes whose gradients are added up for one step",
            "zh": "每次更新所累加的反向传播次数"}},
        "undivided": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "each loss goes backward as the loss function gave it, not divided by their number",
            "zh": "每个损失直接反向传播，没有除以累积次数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Of the training that matters."""
    curve = main_curve(bench.trace)
    passes = passes_per_step(bench.trace, curve) if curve is not None else None
    if curve is None or passes is None:
        raise CannotMeasure("no optimizer was seen to step after a backward pass")
    facts = Facts()
    facts.put("passes_per_step", float(passes), curve.place, bench.trace.totals[curve.optimizer].place)
    whole = goes_backward_whole(bench.trace, curve)
    if passes == 1 or whole is not None:
        facts.put("undivided", passes > 1 and bool(whole), curve.place)
    return facts
