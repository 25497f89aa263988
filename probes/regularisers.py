"""What keeps the network from learning its samples by heart: dropout and weight decay?"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Dropout and weight decay", "zh": "dropout 与权重衰减"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "dropout": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "highest share of units dropped by a layer (0 without dropout layers)",
            "zh": "各层中最高的丢弃比例（没有 dropout 层时为 0）"}},
        "present": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "there is dropout, by a layer or by a function, or weight decay",
            "zh": "存在 dropout（层或函数）或权重衰减"}},
        "weight_decay": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "highest weight decay of an optimizer", "zh": "优化器中最高的权重衰减"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Of all models and optimizers."""
    trace = bench.trace
    if not trace.models and not trace.optimizers:
        raise CannotMeasure("no model and no optimizer was seen")
    facts = Facts()
    parts = [part for model in trace.models.values() for part in model.modules]
    layers = [part.settings.get("p", 0.0) for part in parts if "Dropout" in part.kind]
    dropout = max([0.0, *layers, *(part.settings.get("dropout", 0.0) for part in parts)])
    facts.put("dropout", dropout)
    function = any(operation.name.endswith("dropout") for seen in trace.forwards for operation in seen.operations)
    decays = {group.weight_decay: seen.place for seen in trace.optimizers.values() for group in seen.groups}
    highest = max(decays, default=0.0)
    facts.put("weight_decay", highest, decays.get(highest))
    facts.put("present", dropout > 0 or function or highest > 0)
    return facts
