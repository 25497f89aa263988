"""Does a variable collect tensors at every step, and never let them go?

Looked at between two steps, at each doubling of the iterations: tensors without a graph, larger than a kilobyte, made
since training began and held by a list, a dictionary or an attribute of the user's. A list that is emptied after every
epoch loses those of the count before; a queue of bounded length and a cache that is full some day stop growing.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Tensors that are collected", "zh": "被收集起来的张量"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "per_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "tensors that one variable got at each step since the count before",
            "zh": "自上一次统计以来，某个变量每一步收进的张量数"}},
        "steadiness": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same over what it was until then", "zh": "与此前的速度之比"}},
        "kept_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of those of the count before that are still held", "zh": "上一次统计的张量中仍被持有的比例"}},
        "megabytes": {"kind": "number", "unit": "MB", "labels": (), "says": {
            "en": "memory that they take", "zh": "它们占用的内存或显存"}},
        "on_gpu": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "they lie on the GPU", "zh": "它们在 GPU 上"}},
        "epochs": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "passes over the training data that were made by then", "zh": "此时已遍历训练数据的次数"}},
        "seen_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the run before the last count", "zh": "最后一次统计之前的部分占全程的比例"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Compares the last two counts."""
    trace, facts = bench.trace, Facts()
    if trace.burden is None or not trace.iterations:
        raise CannotMeasure("no training iteration was seen to its end")
    hoards = trace.burden.hoards
    last = hoards[-1] if hoards else None
    before = [one for one in hoards[:-1] if last is not None and one.holder == last.holder]
    if last is None or not before:
        facts.put("per_step", 0.0)
        return facts
    rate = (last.tensors - before[-1].tensors) / max(1, last.iteration - before[-1].iteration)
    facts.put("per_step", rate, last.place)
    facts.put("steadiness", rate / max(1e-9, before[-1].tensors / max(1, before[-1].iteration)), last.place)
    facts.put("kept_share", last.kept, last.place)
    facts.put("megabytes", last.bytes / 1e6, last.place)
    facts.put("on_gpu", last.device == "cuda", last.place)
    facts.put("epochs", last.iteration / draws if (draws := _draws(trace)) else 0.0)
    facts.put("seen_share", last.iteration / max(1, trace.iterations[-1].index))
    return facts


def _draws(trace: Trace) -> float:
    """The batches of one pass over the loader that feeds the training; 0 without one."""
    feeding = {one.loader for one in trace.passes if not one.evaluating}
    loaders = [loader for number, loader in trace.loaders.items() if number in feeding and loader.iterators]
    return max((loader.draws / loader.iterators for loader in loaders), default=0.0)
