"""At which learning rates does the loss fall, and at which does it fly apart?

The script is run once more with a learning rate that grows by the same factor at every step, from a thousandth of its
own to a thousand times as much (L. Smith, Cyclical Learning Rates, 2017). Where the smoothed loss falls steepest the
rate is well chosen; where more than half of the fall is lost again, it is too high. Momentum, schedules of other
settings and the order of the batches are the script's own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import median

from nndoctor.case import Picture, Series
from nndoctor.comparison import affordable, changed, watched_curve
from nndoctor.curve import noise, same_in
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.scheduling import LearningRateRange

CARD: Card = {
    "title": {"en": "Experiment: a range of learning rates", "zh": "实验：学习率范围扫描"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "own_rate": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the highest learning rate of the script", "zh": "脚本使用的最高学习率"}},
        "steepest_rate": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "learning rate at which the loss falls steepest", "zh": "损失下降最快处的学习率"}},
        "own_over_steepest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the script's learning rate over that one", "zh": "脚本的学习率与该学习率之比"}},
        "diverging_rate": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "learning rate at which half of the fall is lost again", "zh": "损失回升过半处的学习率"}},
        "own_over_diverging": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the script's learning rate over that one", "zh": "脚本的学习率与该学习率之比"}},
    },
}  # fmt: skip
FEWEST = 60
"""Steps; at fewer, each would be longer than a quarter of the one before."""
MOST = 300
SPAN = 1000.0
WINDOW = 12
"""Rates over which the slope is taken: parts of the whole range."""


def run(bench: Bench) -> Facts:
    """One rerun."""
    trace, curve = bench.trace, watched_curve(bench.trace)
    rates = [row.learning_rate or 0.0 for row in trace.iterations if row.optimizer == curve.optimizer]
    own, steps = max(rates, default=0.0), min(MOST, sum(rate > 0 for rate in rates))
    if not own or steps < FEWEST:
        raise CannotMeasure(f"the training took fewer than {FEWEST} steps with a learning rate")
    limit, passes = affordable(bench, curve, 1), math.ceil(steps * len(curve.steps) / len(rates))
    limit = min(curve.steps[0] + passes, curve.steps[-1] + 1, limit or curve.steps[-1] + 1)
    rerun = changed(bench, LearningRateRange(own / SPAN, own * SPAN, steps), limit)
    swept = same_in(rerun, curve, trace)
    known = {row.index: row.learning_rate for row in rerun.iterations if row.learning_rate}
    pairs = [] if swept is None else zip(swept.steps, swept.losses, strict=True)
    points = [(known[step], loss) for step, loss in pairs if step in known]
    if len(points) < FEWEST:
        raise CannotMeasure("no time was left to go through the whole range")
    facts = _found(points, own)
    title = {"en": "Loss by learning rate (powers of ten)", "zh": "损失随学习率（10 的幂）的变化"}
    x = tuple(math.log10(rate) for rate, _ in points)
    facts.pictures.append(Picture("curve", title, (Series("loss", x, tuple(loss for _, loss in points)),)))
    return facts


def _found(points: Sequence[tuple[float, float | None]], own: float) -> Facts:
    facts = Facts()
    facts.put("own_rate", own)
    finite = list(itertools.takewhile(math.isfinite, (math.inf if loss is None else loss for _, loss in points)))
    if len(finite) > FEWEST / 4:
        smooth, start = _smooth(finite, len(points)), median(finite[: len(points) // 10])
        least = 3 * noise(finite[: len(finite) // 3])
        lows = list(itertools.accumulate(smooth, min))
        # what is thrown far off falls again, and steeply: only what comes before counts
        lost = next((n for n, low in enumerate(lows) if smooth[n] - low > max((start - low) / 2, least)), len(finite))
        apart, low = max(2, len(points) // WINDOW), min(smooth[:lost])
        falls = [(smooth[n] - smooth[n - apart], n - apart // 2) for n in range(apart, smooth.index(low) + 1)]
        if start - low > least and falls:
            rate = points[min(falls)[1]][0]
            facts.put("steepest_rate", rate)
            facts.put("own_over_steepest", own / rate)
    else:
        lost = len(finite)
    if lost < len(points):
        facts.put("diverging_rate", points[lost][0])
        facts.put("own_over_diverging", own / points[lost][0])
    return facts


def _smooth(losses: Sequence[float], of: int) -> list[float]:
    """Exponentially, over a twenty-fifth of the whole range, without the pull of the zero that it begins with."""
    keep, mean, smooth = 1 - 25 / max(of, 50), 0.0, list[float]()
    for n, loss in enumerate(losses):
        mean = keep * mean + (1 - keep) * loss
        smooth.append(mean / (1 - keep ** (n + 1)))
    return smooth
