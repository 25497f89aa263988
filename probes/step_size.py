"""How large are the optimizer's steps, compared with the weights?

At sampled steps each weight matrix is compared before and after. Healthy networks change by about 1e-4 to 1e-2 of
their weights' size per step (A. Karpathy, CS231n, calls 1e-3 a good guide; the first steps of Adam are larger). How far
the weights have moved in all since the start tells whether the training could have got anywhere at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median

from nndoctor.case import Picture, Series
from nndoctor.curve import main_curve
from nndoctor.layers import Weight, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import LayerSample

CARD: Card = {
    "title": {"en": "Size of the steps", "zh": "更新步长"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "update_over_weight": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "change of the weights in one step over their size, median of the layers, warm-up left out",
            "zh": "单步更新量与权重大小之比（各层中位数，不含预热阶段）"}},
        "largest_update_over_weight": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the largest such change that was seen in one step, median of the layers",
            "zh": "观察到的最大单步更新量与权重大小之比（各层中位数）"}},
        "update_over_weight_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "the same by weight", "zh": "各权重的单步更新量与权重大小之比"}},
        "moved_from_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "distance from the initial weights over their size at the last sample, median of the layers",
            "zh": "最后一次采样时权重离初始值的相对距离（各层中位数）"}},
        "moved_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "the same by weight", "zh": "各权重离初始值的相对距离"}},
        "moved_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the optimizer's parameters that changed at all", "zh": "优化器的参数中发生过变化的比例"}},
        "loaded_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the optimizer's parameters that were loaded, not initialized",
            "zh": "优化器的参数中由加载（而非初始化）得到的比例"}},
        "rate_still_rises": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the learning rate was still rising when the run ended", "zh": "运行结束时学习率仍在上升"}},
        "ends_in_warm_up": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "so it was at the end of the script itself: the warm-up is longer than the training",
            "zh": "脚本自行结束时学习率仍在上升：预热比整个训练还长"}},
        "learning_rate": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "highest learning rate of the training", "zh": "训练中的最高学习率"}},
    },
}  # fmt: skip
WARM = 0.5
"""Steps at less than this share of the highest learning rate are warm-up (or the tail of a decay)."""
EARLY = 3
"""The first steps of Adam are larger by construction: lr times 1 for every weight."""


def run(bench: Bench) -> Facts:
    """Ratios of the optimizer of the main training."""
    trace = bench.trace
    curve = main_curve(trace)
    if curve is None:
        raise CannotMeasure("no backward pass was seen")
    samples = [sample for sample in trace.layers if sample.optimizer == curve.optimizer and sample.update]
    if not samples:
        raise CannotMeasure("no step of an optimizer was watched closely")
    place = trace.optimizers[curve.optimizer].place if curve.optimizer in trace.optimizers else None
    known = weights(trace)
    facts = Facts()
    rates = {row.index: row.learning_rate or 0.0 for row in trace.iterations if row.optimizer == curve.optimizer}
    highest = max(rates.values(), default=0.0)
    facts.put("learning_rate", highest, place)
    rises = _still_rises(list(rates.values()))
    own_end = trace.ended is not None and trace.ended.how == "finished" and not trace.rehearsed
    facts.put("rate_still_rises", rises)
    facts.put("ends_in_warm_up", rises and own_end, place)
    warm = [s for s in samples if rates.get(s.iteration - 1, highest) >= WARM * highest] or samples
    warm = [s for s in warm if s.iteration > EARLY] or warm
    ratios = _ratios(warm, known)
    moved = {name: way for name, way in samples[-1].moved.items() if name in ratios}
    if ratios:
        usual = median(ratios.values())
        by_step = {s.iteration - 1: median(own.values()) for s in samples if (own := _ratios([s], known))}
        reached = (s.iteration - 1 for s in warm if by_step.get(s.iteration - 1, 0.0) >= usual)
        facts.put("update_over_weight", usual, place, step=next(reached, None))
        most = max(by_step, key=by_step.__getitem__)
        facts.put("largest_update_over_weight", by_step[most], place, step=most)
        facts.put("update_over_weight_by_layer", ratios, place)
        facts.pictures.append(_strip(ratios))
    if moved:
        way = median(moved.values())
        halfway = (s.iteration - 1 for s in samples if s.moved and median(s.moved.values()) >= way / 2)
        facts.put("moved_from_start", way, place, step=next(halfway, None))
        facts.put("moved_by_layer", moved, place)
    facts.put("moved_share", _share(_moving(samples), samples, known), place)
    loaded = {name for name in samples[-1].weight if name in known and known[name].seen.loaded}
    facts.put("loaded_share", _share(loaded, samples, known))
    return facts


def _shape(name: str, known: Mapping[str, Weight]) -> tuple[int, ...]:
    """The shape; that of a parameter of no known model stands in its name, `?:64x10#3`."""
    if name in known:
        return known[name].seen.shape
    told = name.removeprefix("?:").partition("#")[0]
    return tuple(int(size) for size in told.split("x") if size.isdigit())


def _is_matrix(name: str, known: Mapping[str, Weight]) -> bool:
    """Biases and norms begin at 0 or 1 and say little."""
    return len(_shape(name, known)) > 1


def _ratios(samples: list[LayerSample], known: Mapping[str, Weight]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for sample in samples:
        for name, update in sample.update.items():
            if sample.weight.get(name):
                found.setdefault(name, []).append(update / sample.weight[name])
    matrices = {name: values for name, values in found.items() if _is_matrix(name, known)}
    return {name: median(values) for name, values in (matrices or found).items()}


def _moving(samples: list[LayerSample]) -> set[str]:
    return {name for s in samples for name in samples[-1].weight if s.update.get(name) or s.moved.get(name)}


def _share(some: set[str], samples: list[LayerSample], known: Mapping[str, Weight]) -> float:
    sizes = {name: math.prod(_shape(name, known)) for name in samples[-1].weight}
    return sum(sizes[name] for name in some) / max(1, sum(sizes.values()))


def _still_rises(rates: list[float]) -> bool:
    """Over the last quarter by more than a twentieth, and at its highest at the end."""
    return len(rates) > 4 and rates[-1] >= max(rates) and rates[-1] > 1.05 * rates[-max(2, len(rates) // 4)]


def _strip(ratios: dict[str, float]) -> Picture:
    x = tuple(map(float, range(len(ratios))))
    return Picture(
        "strip",
        {"en": "Update over weight, by layer", "zh": "各层更新量与权重之比"},
        (Series("update / weight", x, tuple(ratios.values())),),
        names=tuple(ratios),
        logarithmic=True,
    )
