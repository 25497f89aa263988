"""Is one layer meant to be several?

`[nn.Linear(64, 64)] * 4` makes a list that holds the same layer four times: one set of weights under four names.
Sharing on purpose exists (a block applied again and again, tied embeddings). But the same weights applied to the
same values give the same result once more: heads, branches or experts that can't differ from each other. And who means
to share gives the layer a name first, where `[nn.Linear(64, 64)] * 4` makes it in the middle of the list.
"""

from __future__ import annotations

from collections.abc import Iterator

from nndoctor.layers import operations
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import ModelSeen, ModuleSeen, OpSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Layers that stand several times in a list", "zh": "列表中重复出现的层"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "repeated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how often the very same layer stands in one list of layers (1: each is its own)",
            "zh": "同一个层对象在一个层列表中出现的次数（1 表示各不相同）"}},
        "same_input": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "those repetitions compute the same result from the same values over again",
            "zh": "这些重复的层对同样的输入重复计算出同样的结果"}},
        "multiplied": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "that layer is made within the list, and the list multiplied: [Layer(...)] * n",
            "zh": "该层直接在列表中创建，随后列表被乘以 n：[Layer(...)] * n"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks for repetitions in lists and sequences of layers, and for weights that do the same work twice."""
    trace = bench.trace
    if not trace.models:
        raise CannotMeasure("no model was called")
    facts = Facts()
    found = sorted(_repeated(trace), key=lambda pair: -pair[1].repeats)
    facts.put("repeated", float(found[0][1].repeats if found else 1), found[0][0].place if found else None)
    made = [module.multiplied for _, module in found if module.multiplied is not None]
    facts.put("multiplied", bool(made), *made[:1])
    seen = [op for _, ops in operations(trace) for op in ops]
    again = next((op for op in seen if op.again and _is_of(op, found)), None)
    if seen or not found:
        # else they stand one behind the other
        facts.put("same_input", again is not None, again.place if again else None)
    return facts


def _repeated(trace: Trace) -> Iterator[tuple[ModelSeen, ModuleSeen]]:
    for model in trace.models.values():
        for module in model.modules:
            if module.repeats > 1 and any(_shapes(model, module)):
                yield model, module


def _shapes(model: ModelSeen, module: ModuleSeen) -> Iterator[tuple[int, ...]]:
    return (one.shape for one in model.parameters if one.name.startswith(f"{module.name}.") and len(one.shape) > 1)


def _is_of(op: OpSeen, found: list[tuple[ModelSeen, ModuleSeen]]) -> bool:
    """Whether the weights that were applied again may be those of a repeated layer, by their shape."""
    return any(shape in op.shapes for model, module in found for shape in _shapes(model, module))
