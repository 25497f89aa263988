"""In which order are zero_grad, backward and step called?

Every optimizer keeps a book: steps whose gradients still held those of the step before, steps without any gradient,
steps without a backward pass since the last one, and optimizers that never stepped. Several backward passes per step
(gradient accumulation), cleaning by hand and nets that take turns (a GAN) are in order.
"""

from __future__ import annotations

from collections import Counter

from nndoctor.accumulated import calls_by_step
from nndoctor.case import Place
from nndoctor.curve import main_curve
from nndoctor.layers import reached
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import StepTotals, Trace

CARD: Card = {
    "title": {"en": "Order of the calls", "zh": "调用顺序"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "steps": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "optimizer steps in all", "zh": "优化器更新的总次数"}},
        "backwards_per_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes per step of the main optimizer", "zh": "主优化器每次更新对应的反向传播次数"}},
        "never_steps": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "losses went backward, but no optimizer ever stepped", "zh": "有反向传播，但优化器从未更新"}},
        "idle_optimizers": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "optimizers that hold weights with a gradient and never stepped, nor did another for them",
            "zh": "持有带梯度的权重却从未更新的优化器数"}},
        "uncleaned_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the steps whose gradients still held those of the step before",
            "zh": "梯度中仍残留上一步梯度的更新所占比例"}},
        "empty_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the steps whose gradients were missing, or had been cleaned after the backward pass",
            "zh": "没有梯度、或梯度在反向传播之后被清零的更新所占比例"}},
        "zeroed_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the steps whose gradients were cleared after their backward pass, with no forward between",
            "zh": "梯度在自己的反向传播之后、更新之前被清零的更新所占比例"}},
        "idle_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the steps with no backward pass since the step before",
            "zh": "两次更新之间没有反向传播的更新所占比例"}},
        "schedule_before_step": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the learning rate scheduler stepped before the optimizer ever did",
            "zh": "学习率调度器先于优化器更新"}},
        "order": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "first calls: Z zero_grad, F forward, B backward, S step, L scheduler",
            "zh": "最初的调用：Z 清零梯度，F 前向，B 反向，S 更新，L 调度器"}},
    },
}  # fmt: skip
FEWEST = 10
"""Shares of fewer steps say nothing: a run may have been cut short."""
PATIENCE = 20
"""So many backward passes without any step are no accumulation that was cut short."""


def run(bench: Bench) -> Facts:
    """Shares from the optimizers' books; of several optimizers the worst."""
    trace = bench.trace
    if not trace.totals:
        raise CannotMeasure("no optimizer was seen")
    totals = list(trace.totals.values())
    backwards = trace.iterations[-1].index + 1 if trace.iterations else 0
    steps, curve = sum(total.steps for total in totals), main_curve(trace)
    main = trace.totals.get(curve.optimizer) if curve is not None else None
    facts = Facts()
    facts.put("steps", steps)
    if main is not None and main.steps:
        facts.put("backwards_per_step", main.backwards / main.steps, main.place)
    site = curve.place if curve is not None else None
    scaled = any(one.autocast == "float16" for one in trace.passes)  # a GradScaler may skip every step
    never = steps == 0 and backwards >= PATIENCE and not scaled
    # a step within compiled code is not seen
    compiled = any(seen.kind == "compiled" for seen in trace.unwatched)
    if not (never and compiled):
        facts.put("never_steps", never, *([site, totals[0].place] if never else []))
    idle = [] if scaled or compiled else _idle(trace)
    facts.put("idle_optimizers", len(idle), *(total.place for total in idle))
    for name, shares in (
        ("uncleaned_share", [(t.uncleaned / (t.judged - 1), t) for t in totals if t.judged > FEWEST]),
        ("empty_share", [(_empty_share(t), t) for t in totals if t.steps > FEWEST and _is_reached(t, trace)]),
        ("zeroed_share", [(_zeroed_share(t), t) for t in totals if t.steps > FEWEST and _is_reached(t, trace)]),
        ("idle_share", [(t.idle / t.judged, t) for t in totals if t.judged > FEWEST]),
    ):
        share, worst = max(shares, key=lambda pair: pair[0], default=(0.0, None))
        where = [_backward_before(trace, worst) or site, worst.place] if worst is not None and share else []
        facts.put(name, share, *where)
    early = [total for total in totals if total.schedule_before_step]
    facts.put("schedule_before_step", bool(early), *(total.place for total in early[:1]))
    facts.put("order", (main or totals[0]).tokens[:16])
    return facts


def _empty_share(total: StepTotals) -> float:
    """Gradients that are zero are no proof: a hinge loss that is met gives none. Cleaned after backward they are."""
    steps = calls_by_step(total)
    wiped = sum("B" in calls and calls.rfind("Z") > calls.rfind("B") for calls in steps) / max(1, len(steps))
    looked = max(1, total.looked)
    return max(total.missing / looked, min(total.empty / looked, wiped))


def _zeroed_share(total: StepTotals) -> float:
    """Of the steps without a gradient, those that came right after a backward pass; others came before their own."""
    steps = calls_by_step(total)
    after = sum("B" in calls and "F" not in calls[calls.rfind("B") :] for calls in steps) / max(1, len(steps))
    return min(_empty_share(total), after)


def _is_reached(total: StepTotals, trace: Trace) -> bool:
    """Whether a gradient comes to what the optimizer holds while it steps; where none does, no order brings one."""
    seen = trace.optimizers.get(total.optimizer)
    held = {name for group in seen.groups for name in group.parameters} if seen is not None else set()
    own = [row.index for row in trace.iterations if row.optimizer == total.optimizer]
    graphs = [graph for graph in trace.graphs if own and own[0] <= graph.iteration <= own[-1]] or trace.graphs
    return not held or not graphs or any(not held.isdisjoint(graph.reached) for graph in graphs)


def _backward_before(trace: Trace, total: StepTotals) -> Place | None:
    """The line that mostly calls backward before that optimizer steps: in a GAN each has its own."""
    curves = Counter(row.curve for row in trace.iterations if row.optimizer == total.optimizer)
    most = [trace.sites[curve].place for curve, _ in curves.most_common(1) if curve in trace.sites]
    return most[0] if most else None


def _idle(trace: Trace) -> list[StepTotals]:
    """Optimizers that never stepped in a run that came to its end, though a gradient reached what only they hold."""
    if trace.ended is None or trace.ended.how != "finished" or trace.rehearsed or len(trace.iterations) < PATIENCE:
        return []
    names = {number: {n for g in seen.groups for n in g.parameters} for number, seen in trace.optimizers.items()}
    stepping = {number for number, total in trace.totals.items() if total.steps}
    moved = {name for number in stepping for name in names.get(number, ())}
    wanted = reached(trace) - moved
    return [total for n, total in trace.totals.items() if n not in stepping and wanted & names.get(n, set())]
