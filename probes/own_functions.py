"""Does the loss go through autograd functions that were written for this program?

A torch.autograd.Function brings its own formula for the gradient. It is the one place where autograd takes a person's
word for it.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Autograd functions of its own", "zh": "自定义 autograd 函数"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "used": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the gradient of a loss goes through autograd functions of the program's own",
            "zh": "损失的梯度经过程序自己编写的 autograd 函数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Reads the graphs that were walked."""
    graphs, facts = bench.trace.graphs, Facts()
    if not graphs:
        raise CannotMeasure("no backward pass was watched closely")
    places = dict.fromkeys(place for graph in graphs for place in graph.functions)
    facts.put("used", bool(places), *places)
    return facts
