"""What happens to the same script with a learning rate ten times lower?

The script is run once more, every learning rate multiplied by 0.1 (by 0.01 too if that does not help): for a quarter
of the steps, if the loss then already lies far below where the watched run ended; else for as many iterations as the
time left allows. The loss over the last fifth of the steps is compared with that of the watched run. A third run with
another seed shows how much of the difference is chance.
"""

from __future__ import annotations

from nndoctor.comparison import Comparison, affordable, compare, first_part, of_the_seed, picture, put, watched_curve
from nndoctor.curve import Curve
from nndoctor.intervention import LearningRateTimes
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: lower learning rate", "zh": "实验：降低学习率"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "factor": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "what the learning rate was multiplied by", "zh": "学习率所乘的系数"}},
        "as_is_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the script's own learning rate", "zh": "原学习率下最终损失为有限值"}},
        "treated_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss ends finite with the lower one", "zh": "降低学习率后最终损失为有限值"}},
        "treated_falls": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss falls with the lower one", "zh": "降低学习率后损失下降"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the script's own learning rate", "zh": "原学习率下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end with the lower one", "zh": "降低学习率后的最终损失"}},
        "gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to what it was", "zh": "损失因此降低的比例"}},
        "gain_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower the loss then is, relative to the loss at the start",
            "zh": "损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same in standard errors, another seed's difference included",
            "zh": "该降幅与其标准误差之比（含随机种子的影响）"}},
    },
}  # fmt: skip
FACTORS = (0.1, 0.01)
CLEAR = 0.3
"""A gain of this part of the loss needs no still lower rate."""


def run(bench: Bench) -> Facts:
    """The better of two lower rates."""
    curve = watched_curve(bench.trace)
    limit = affordable(bench, curve, 3)
    part = first_part(curve, limit)
    best, factor = _best(bench, curve, limit, part)
    if part is not None and not best.is_clear():
        best, factor = _best(bench, curve, limit, None)
    gain = best.gain()
    if gain is not None and gain > 3 * best.noise:
        best = best.noisier(of_the_seed(bench, curve, best.limit))
    facts = Facts()
    facts.put("factor", factor)
    put(facts, best)
    title = {"en": "Loss with a lower learning rate", "zh": "降低学习率后的损失"}
    facts.pictures.append(picture(title, {"as it is": best.curves[0], f"learning rate x {factor}": best.curves[1]}))
    return facts


def _best(bench: Bench, curve: Curve, limit: int | None, part: int | None) -> tuple[Comparison, float]:
    """The still lower rate only where that is better; it is not tried on all steps where the first is clear."""
    best, factor = compare(bench, curve, LearningRateTimes(FACTORS[0]), limit, part), FACTORS[0]
    if part is not None or not _clear(best):
        lowest = compare(bench, curve, LearningRateTimes(FACTORS[1]), limit, part)
        if _worth(lowest) > _worth(best):
            return lowest, FACTORS[1]
    return best, factor


def _worth(one: Comparison) -> float:
    return -float("inf") if one.treated is None else -one.treated.value


def _clear(one: Comparison) -> bool:
    if one.treated is None:
        return False
    gain = one.gain()
    return one.falls if gain is None or one.as_is is None else gain > CLEAR * (abs(one.as_is.value) or one.scale)
