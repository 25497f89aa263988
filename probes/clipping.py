"""Do the lines that clip gradients clip what the optimizer then uses, and how much is left of it?

Clipping belongs between backward and step: before the backward pass there is nothing to clip, after the step it comes
too late, before a GradScaler's unscaling it cuts the scaled gradients, and of the weights of another net, or of a
generator that is used up, it clips nothing that steps. Where nearly every step is clipped, the limit and not the
gradient sets the length of the steps (V. Godbole et al., Deep Learning Tuning Playbook, call more than half extremely
aggressive, and propose the ninth decile of the norms as limit). Only torch's own functions are seen.
"""

from nndoctor.case import Place
from nndoctor.clipping import ClippingSeen, worst_of
from nndoctor.curve import main_curve
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Gradient clipping", "zh": "梯度裁剪"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "limit": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "limit that gradients are clipped to", "zh": "梯度裁剪的上限"}},
        "idle_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the clippings with no backward pass since the last step: too late, or too early",
            "zh": "自上一次更新以来没有反向传播的裁剪所占比例（太晚或太早）"}},
        "strange_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the clippings of nothing that an optimizer holds",
            "zh": "裁剪对象不属于任何优化器的调用所占比例"}},
        "scaled_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the clippings of gradients that a GradScaler had not unscaled yet",
            "zh": "在 GradScaler 还原梯度之前进行的裁剪所占比例"}},
        "clipped_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the clippings whose norm was above the limit", "zh": "范数超过上限的裁剪所占比例"}},
        "norm_over_limit": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "usual norm of the gradients over the limit", "zh": "梯度范数的中位数与上限之比"}},
        "exceeded_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the steps made with gradients above the limit all the same",
            "zh": "更新时梯度仍超过上限的步数所占比例"}},
        "fitting_norm": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "a limit that fits: the script's own, or where all is clipped the ninth decile of the norms",
            "zh": "合适的上限：脚本自己的上限；若每步都被裁剪，则取范数的第九十分位数"}},
    },
}  # fmt: skip
TOUCHED = 1.01
"""A norm that was clipped is the limit, but for rounding."""


def run(bench: Bench) -> Facts:
    """Of several lines the one that clips least of what it should."""
    trace = bench.trace
    worst = worst_of(trace.clippings.values())
    facts = Facts()
    if worst is None:
        if not trace.totals:
            raise CannotMeasure("no optimizer was seen")
        for name in ("idle_share", "strange_share", "scaled_share", "clipped_share"):
            facts.put(name, 0.0)  # nothing is clipped, so nothing is clipped wrongly
        return facts
    facts.put("limit", worst.limit or 0.0, worst.place)
    where = _where(worst, trace)
    for name, count in (("idle", worst.idle), ("strange", worst.strange), ("scaled", worst.scaled)):
        facts.put(f"{name}_share", count / worst.calls, *(where if count else ()))
    if worst.kind == "norm":
        facts.put("clipped_share", worst.above / worst.calls, worst.place)
        facts.put("norm_over_limit", (worst.norm or 0.0) / (worst.limit or 1.0), worst.place)
    exceeded = _exceeded(worst, trace)
    if exceeded is not None:
        facts.put("exceeded_share", exceeded, *where)
    facts.put("fitting_norm", worst.fitting_norm, worst.place)
    return facts


def _where(line: ClippingSeen, trace: Trace) -> tuple[Place | None, ...]:
    known = trace.totals.get(_optimizer(line, trace))
    return line.place, known.place if known is not None else None


def _optimizer(line: ClippingSeen, trace: Trace) -> int:
    """The one that it clips for, or should."""
    curve = main_curve(trace)
    return line.optimizer if line.optimizer != -1 or curve is None else curve.optimizer


def _exceeded(line: ClippingSeen, trace: Trace) -> float | None:
    """By the norms at the steps; for a limit of values by the root mean squares, for some value is as large as that."""
    number = _optimizer(line, trace)
    if line.kind == "norm":
        sizes = [row.gradient_norm for row in trace.iterations if row.optimizer == number and row.gradient_norm]
    else:
        sizes = [max(one.gradient.values()) for one in trace.layers if one.optimizer == number and one.gradient]
    above = [size > TOUCHED * (line.limit or 0.0) for size in sizes]
    return sum(above) / len(above) if above else None
