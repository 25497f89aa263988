"""Does the optimizer hold all the weights that are to be trained?

The parameters that the gradient reached are compared with those that some optimizer of the run holds at some time.
A weight that gets a gradient but belongs to no optimizer never changes. That may be on purpose (a loaded backbone of
which only the head is trained); it is a mistake when the optimizer was built from a part of the model, or before a
layer was replaced: then it also holds parameters of no model that is used.
"""

from __future__ import annotations

from collections.abc import Sequence

from nndoctor.case import Place
from nndoctor.layers import Weight, from_the_input, held, reached, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "What the optimizer holds", "zh": "优化器持有的参数"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "left_out": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "parameter tensors that get a gradient but are in no optimizer",
            "zh": "有梯度却不在任何优化器中的参数张量数"}},
        "left_out_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the parameters with a gradient that no optimizer holds",
            "zh": "有梯度的参数中不在任何优化器里的比例"}},
        "left_out_fresh_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same, weights that were loaded or copied left aside",
            "zh": "同上，但不计加载或复制而来的权重"}},
        "left_out_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "numbers in each parameter that is left out", "zh": "各个被遗漏参数的元素个数"}},
        "left_out_lie": {"kind": "label", "unit": "", "labels": ("nowhere", "before", "after", "between", "everywhere"),
            "says": {
            "en": "where those left out lie, seen from the input: before or after those that are trained",
            "zh": "被遗漏的参数位于被训练参数之前还是之后（从输入看）"}},
        "foreign_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of an optimizer's tensors that belong to no model that was called",
            "zh": "优化器中不属于任何被调用模型的参数张量比例"}},
        "frozen": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "tensors in an optimizer that need no gradient", "zh": "优化器中不需要梯度的参数张量数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """The sets of parameters, and how they differ."""
    trace = bench.trace
    if not trace.optimizers:
        raise CannotMeasure("no optimizer was seen at work")
    known, ours = weights(trace), held(trace)
    if not trace.graphs:
        raise CannotMeasure("no backward pass was watched closely")
    graded = [known[name] for name in reached(trace) if name in known]
    out = [weight for weight in graded if weight.name not in ours]
    total = sum(weight.size for weight in graded)
    places = tuple(dict.fromkeys(o.place for o in trace.optimizers.values()))[:3]
    facts = Facts()
    facts.put("left_out", len(out), *places)
    facts.put("left_out_share", _share(out, total), *places)
    facts.put("left_out_fresh_share", _share([w for w in out if not w.seen.loaded], total), *places)
    if out:
        facts.put("left_out_by_layer", {weight.name: float(weight.size) for weight in out}, *places)
    facts.put("left_out_lie", _where(trace, {weight.name for weight in out}))
    facts.put("foreign_share", _foreign_share(trace), *_places_of_foreign(trace))
    facts.put("frozen", sum(seen.frozen for seen in trace.optimizers.values()))
    return facts


def _share(some: Sequence[Weight], total: int) -> float:
    return sum(weight.size for weight in some) / max(1, total)


def _where(trace: Trace, out: set[str]) -> str:
    """Judged on the graph that reaches most of those left out."""
    if not out:
        return "nowhere"
    graph = max(trace.graphs, key=lambda seen: len(out.intersection(seen.reached)))
    line = [name for name in from_the_input(graph) if not name.startswith("?")]
    places = [index for index, name in enumerate(line) if name in out]
    others = [index for index, name in enumerate(line) if name not in out]
    if not others:
        return "everywhere"
    if places[-1] < others[0]:
        return "before"
    return "after" if places[0] > others[-1] else "between"


def _foreign_share(trace: Trace) -> float:
    """The largest of the optimizers'."""
    shares = [(o.foreign, sum(len(group.parameters) for group in o.groups)) for o in trace.optimizers.values()]
    return max(foreign / max(1, count) for foreign, count in shares)


def _places_of_foreign(trace: Trace) -> list[Place | None]:
    return [seen.place for seen in trace.optimizers.values() if seen.foreign][:3]
