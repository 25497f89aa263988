"""Does memory grow from step to step, and who holds on to old autograd graphs?

In a sound loop the graph of a step is freed before the next one: between two steps hardly more than the last loss is
alive. A running total that was never detached, or a list of outputs, keeps the graphs of all steps alive; an
evaluation without `no_grad` does the same if it collects its outputs.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nndoctor.case import Picture, Series
from nndoctor.evaluations import evaluations, own_line, trained
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.retention import graphs_in, growth_within, nodes_of, theil_sen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Memory from step to step", "zh": "逐步的内存与显存"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "bytes_per_iteration": {"kind": "number", "unit": "bytes", "labels": (), "says": {
            "en": "growth per iteration after the first steps (CUDA if used, else resident)",
            "zh": "起步之后每次迭代的增长（有 GPU 时为显存，否则为内存）"}},
        "growth_over_level": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "that growth over the rest of the run, relative to the level", "zh": "其余训练期间的增长与水平之比"}},
        "growth_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same growth relative to the scatter round its line", "zh": "同一增长与其波动之比"}},
        "late_growth_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the growth that came in the later half (1/2 = steady, 0 = settled)",
            "zh": "后半段的增长占比（1/2 表示持续增长，0 表示已稳定）"}},
        "graph_growth": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "size of a step's graph late in the run over that at its start",
            "zh": "训练后期每步计算图的大小与开始时之比"}},
        "graphs_added_per_step": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "what every step adds to that graph, in graphs of the first step",
            "zh": "每一步给该计算图增加的大小（以第一步的计算图为单位）"}},
        "graphs_held": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "graphs alive between two steps, in graphs of one step, for each trained model or micro-batch",
            "zh": "两步之间仍存活的计算图（以一步的图为单位，按每个被训练的模型或微批次计）"}},
        "graphs_held_at_first": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same at the first count", "zh": "第一次统计时的数量"}},
        "graph_tensors": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "live tensors with a graph between two steps, at most",
            "zh": "两步之间带计算图的存活张量的最大数目"}},
        "evaluation_builds_graphs": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "an evaluation builds autograd graphs that nobody uses", "zh": "评估时构建了无人使用的计算图"}},
        "evaluated_on_own_line": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the line of that evaluation is not one of training too", "zh": "该评估所在的行不同时用于训练"}},
        "evaluation_graphs_held": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "graphs alive at most within an evaluation, counted in graphs of one training step",
            "zh": "一次评估中最多存活的计算图数（以一步训练的图为单位）"}},
        "evaluation_growth_over_level": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "growth of memory within one evaluation, relative to the level",
            "zh": "一次评估中内存的增长与水平之比"}},
    },
}  # fmt: skip
SETTLED = 10
"""Iterations until optimizer states, caches and the allocator's first blocks exist."""
FEWEST = 5
MOST_NODES = 50_000
"""A walk through a graph ends there: larger ones all look alike."""
COUNTED = 4
"""Calls without a backward before the graphs alive are counted; in fewer there can't be many."""


def run(bench: Bench) -> Facts:
    """Fits a line to memory after the first steps, and counts the graphs that stay alive."""
    trace, facts = bench.trace, Facts()
    if not trace.memory and not trace.passes:
        raise CannotMeasure("no training iteration was seen")
    cuda = any(sample.cuda_bytes for sample in trace.memory)
    _put_growth(facts, _points(trace, cuda=cuda))
    _put_graphs(facts, trace)
    _put_evaluation(facts, trace)
    return facts


def _points(trace: Trace, *, cuda: bool) -> dict[int, float]:
    """Bytes by iteration, between training steps."""
    if cuda:
        return {s.iteration: float(s.cuda_bytes) for s in trace.memory if not s.evaluating}
    passes = {p.iteration: float(p.resident_bytes[0]) for p in trace.passes if not p.evaluating and p.resident_bytes[0]}
    return passes | {s.iteration: float(s.resident_bytes) for s in trace.memory if not s.evaluating}


def _put_growth(facts: Facts, points: dict[int, float]) -> None:
    kept = [(it, level) for it, level in sorted(points.items()) if it >= SETTLED]
    if len(kept) < FEWEST:
        return
    x, y = np.array([float(it) for it, _ in kept]), np.array([level for _, level in kept])
    slope = theil_sen(x, y)
    level = float(np.median(y))
    grown = slope * float(x[-1] - x[0])
    line = y - slope * x
    noise = 1.4826 * float(np.median(np.abs(line - np.median(line))))
    facts.put("bytes_per_iteration", slope)
    facts.put("growth_over_level", grown / level if level else 0.0)
    facts.put("growth_over_noise", grown / max(noise, 4096.0))
    middle = float(np.interp((x[0] + x[-1]) / 2, x, y))
    total = float(y[-1] - y[0])
    facts.put("late_growth_share", (float(y[-1]) - middle) / total if abs(total) > 4096 else 0.0)
    title = {"en": "Memory by iteration (MB)", "zh": "各次迭代的内存（MB）"}
    megabytes = tuple(float(value) / 1e6 for value in y)
    facts.pictures.append(Picture("curve", title, (Series("memory", tuple(map(float, x)), megabytes),)))


def _put_graphs(facts: Facts, trace: Trace) -> None:
    """Alive graphs, for each model: an ensemble keeps the last loss of every member. And the graphs' own growth."""
    growths = []
    for curve in {graph.curve for graph in trace.graphs}:
        sizes = {graph.iteration: float(graph.nodes) for graph in trace.graphs if graph.nodes and graph.curve == curve}
        if len(sizes) >= FEWEST:
            growths.append(_growth(sizes))
    if growths:
        growth, added = max(growths)
        facts.put("graph_growth", growth)
        facts.put("graphs_added_per_step", added)
    counted = [s for s in trace.memory if s.graph_nodes is not None and not s.evaluating]
    if not counted or not any(graph.nodes for graph in trace.graphs):
        return
    # the micro-batches of one step may be summed up, for a mean to print
    micro = max((total.backwards / total.steps for total in trace.totals.values() if total.steps), default=1.0)
    members = max(1.0, float(len(trained(trace))), micro)
    most = max(counted, key=nodes_of)
    first = graphs_in(trace, nodes_of(counted[0]) / members)
    # each step leaves one behind, or two: more than that at the first count is another graph, kept for itself
    other = first if first > 2 * (counted[0].iteration + 1) else 0.0
    facts.put("graphs_held", max(0.0, graphs_in(trace, nodes_of(most) / members) - other), most.holder_place)
    facts.put("graphs_held_at_first", first - other, counted[0].holder_place)
    facts.put("graph_tensors", max(float(s.graph_tensors or 0) for s in counted), most.holder_place)


def _growth(sizes: dict[int, float]) -> tuple[float, float]:
    """How much larger a step's graph is late than early, and what each step adds to it, in graphs of the start.

    Layers that are unfrozen, or sequences that get longer, make it larger now and then; a kept state at every step.
    """
    third = max(1, len(sizes) // 3)
    values = list(sizes.values())
    early = float(np.median(values[:third]))
    steps = pairwise(sizes.items())
    added = [(after - before) / (later - sooner) for (sooner, before), (later, after) in steps if after < MOST_NODES]
    return float(np.median(values[-third:])) / early, float(np.median(added)) / values[0] if added else 0.0


def _put_evaluation(facts: Facts, trace: Trace) -> None:
    """Graphs built in vain, those still alive after some calls, and the growth from the first call to the last."""
    passes = [one for look in evaluations(trace) for one in look.passes]
    wasteful = [one for one in passes if one.output_requires_grad]
    facts.put("evaluation_builds_graphs", bool(wasteful), *(one.place for one in wasteful[:1]))
    if wasteful:
        line = own_line(trace, wasteful[0].place)
        facts.put("evaluated_on_own_line", line is not None, line)
    begun = {one.iteration for one in wasteful}
    held = [sample for sample in trace.memory if sample.evaluating and sample.iteration in begun]
    if not wasteful or (not held and max(one.calls for one in wasteful) < COUNTED):
        facts.put("evaluation_graphs_held", 0.0)
    elif held and any(graph.nodes for graph in trace.graphs):
        most = max(held, key=nodes_of)
        facts.put("evaluation_graphs_held", graphs_in(trace, nodes_of(most)), most.holder_place or wasteful[0].place)
    grown = [(growth_within(one), one.place) for one in passes]
    if grown:
        share, place = max(grown, key=lambda found: found[0])
        facts.put("evaluation_growth_over_level", share, place)
