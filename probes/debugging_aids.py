"""Is a debugging aid left on that slows every step down?

torch's anomaly detection keeps a traceback for every operation and looks for NaN after every backward one; a profiler
writes every operation down; CUDA_LAUNCH_BLOCKING makes the program wait for each kernel. All of them are looked at just
before backward passes of the whole run.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Debugging aids", "zh": "调试辅助功能"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the backward passes with a debugging aid on", "zh": "开着调试辅助功能的反向传播的比例"}},
        "still_on": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "it was still on at the last of them", "zh": "最后一次时仍然开着"}},
        "kind": {"kind": "label", "unit": "", "labels": ("none", "anomaly", "profiler", "launch_blocking"), "says": {
            "en": "which aid", "zh": "哪一种"}},
        "looked_at": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes that were looked at", "zh": "检查过的反向传播次数"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Of several aids the one that was on most."""
    burden, facts = bench.trace.burden, Facts()
    if burden is None or not bench.trace.iterations:
        raise CannotMeasure("no training iteration was seen to its end")
    if not burden.aids:
        facts.put("share", 0.0)
        facts.put("still_on", value=False)
        facts.put("kind", "none")
        return facts
    most = max(burden.aids, key=lambda aid: (aid.late, aid.on))
    facts.put("share", most.on / most.looked, most.place)
    facts.put("still_on", most.late, most.place)
    facts.put("kind", most.kind, most.place)
    facts.put("looked_at", most.looked)
    return facts
