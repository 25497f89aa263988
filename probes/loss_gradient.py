"""Has the loss a gradient at all?

A loss without a graph behind it can't go backward: torch says that it "does not require grad and does not have a
grad_fn". With requires_grad_(True) on the loss itself it can, and nothing comes of it. Either no weight that it was
computed from may learn, or the way from them was lost: in whole numbers (argmax, comparisons), in numpy or Python
numbers, by detach(), or because gradients were switched off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nndoctor.case import Place
from nndoctor.layers import operations, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import GraphSeen, OpSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Whether the loss has a gradient", "zh": "损失是否有梯度"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "lost_by": {"kind": "label", "unit": "", "says": {
            "en": "how the gradient of the loss was lost", "zh": "损失的梯度是如何丢失的"}, "labels": (
            "not_lost", "nothing_trainable", "gradients_off", "whole_numbers", "detach", "leaving_torch", "other")},
        "lost_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the watched losses that have no gradient", "zh": "观察到的损失中没有梯度的比例"}},
    },
}  # fmt: skip
REFUSED = re.compile(r"does not require grad and does not have a grad_fn|complex dtype can require gradients")
WAYS = {
    "detach": ("detach", "detach_", "data"),
    "leaving_torch": ("numpy", "item", "tolist", "tensor", "as_tensor", "new_tensor", "__array__", "__float__"),
}


def run(bench: Bench) -> Facts:
    """Looks at the graphs behind the losses, and where there is none, at the last operation that took a gradient."""
    trace = bench.trace
    refused = trace.crash is not None and bool(REFUSED.search(trace.crash.message))
    if not trace.graphs and not refused:
        raise CannotMeasure("no backward pass was watched")
    lost = [graph for graph in trace.graphs if not graph.nodes and not graph.reached]
    by_curve = ([g for g in trace.graphs if g.curve == curve] for curve in {g.curve for g in lost})
    throughout = refused or any(all(graph in lost for graph in own) for own in by_curve)
    facts = Facts()
    facts.put("lost_share", len(lost) / max(1, len(trace.graphs)))
    if not throughout:
        facts.put("lost_by", "not_lost")
        return facts
    site = trace.crash.place if trace.crash is not None and refused else trace.sites[lost[0].curve].place
    way, place = _way(trace, lost[0] if lost else None)
    facts.put("lost_by", way, *dict.fromkeys((place, site)), step=lost[0].iteration if lost else 0)
    return facts


def _way(trace: Trace, lost: GraphSeen | None) -> tuple[str, Place | None]:
    known = weights(trace).values()
    if known and not any(weight.seen.trainable for weight in known):
        return "nothing_trainable", next((seen.place for seen in trace.optimizers.values()), None)
    iteration = lost.iteration if lost is not None else 0
    passes = [one for one in trace.passes if one.iteration <= iteration]
    if passes and not any(one.grad_enabled for one in passes):
        return "gradients_off", passes[-1].place
    seen = [op for at, ops in operations(trace) if at == iteration for op in ops]
    last = next((op for op in reversed(seen) if op.takes_grad and not op.gives_grad), None)
    if last is None:
        return "other", None
    return next(_kinds(last)), last.place


def _kinds(cut: OpSeen) -> Iterator[str]:
    if not cut.grad_mode:
        yield "gradients_off"
    yield from (way for way, names in WAYS.items() if cut.name in names)
    yield "other" if cut.floating else "whole_numbers"
