"""What happens to the same script with a learning rate ten times higher?

The script is run once more, every learning rate multiplied by 10 (by 100 and 1000 too, as long as that does no harm
and has brought little). A quarter of the steps is enough where the loss then lies far below what the watched run came
to in all of them; else the best of these rates is given as many iterations as the time left allows. What the loss loses
from start to end is compared with what it lost in the watched run: a rate that is too low brings only a small part of
what a higher one brings.
"""

from __future__ import annotations

from nndoctor.comparison import Comparison, affordable, compare, first_part, of_the_seed, picture, watched_curve
from nndoctor.curve import Curve
from nndoctor.intervention import LearningRateTimes
from nndoctor.probe import Bench, Card, Facts

CARD: Card = {
    "title": {"en": "Experiment: higher learning rate", "zh": "实验：提高学习率"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "factor": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "what the learning rate was multiplied by", "zh": "学习率所乘的系数"}},
        "treated_finite": {"kind": "flag", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the loss ends finite with the higher one", "zh": "提高学习率后最终损失为有限值"}},
        "loss_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "loss at the end with the script's own learning rate", "zh": "原学习率下的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "loss at the end with the higher one", "zh": "提高学习率后的最终损失"}},
        "fall_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "fall with the script's own learning rate over the fall with the higher one",
            "zh": "原学习率下的损失降幅与提高后的降幅之比"}},
        "gain_of_start": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "how much lower the loss then is, relative to the loss at the start",
            "zh": "损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the same in standard errors, another seed's difference included",
            "zh": "该降幅与其标准误差之比（含随机种子的影响）"}},
    },
}  # fmt: skip
FACTORS = (10.0, 100.0, 1000.0)
CLEAR = 0.3
"""A gain of this part of the loss at the start needs no still higher rate."""
CLEAR_SHARE = 0.2
"""Where the own rate brings less of the fall, a part of the steps is enough."""


def run(bench: Bench) -> Facts:
    """The better of two higher rates."""
    curve = watched_curve(bench.trace)
    limit = affordable(bench, curve, 4)
    best, factor = _best(bench, curve, limit)
    gain = best.gain()
    if gain is not None and gain > 3 * best.noise:
        best = best.noisier(of_the_seed(bench, curve, best.limit))
    facts = Facts()
    facts.put("factor", factor)
    facts.put("treated_finite", best.treated is not None)
    for name, one in (("loss_as_is", best.as_is), ("loss_treated", best.treated)):
        if one is not None:
            facts.put(name, one.value)
    if gain is not None and best.as_is is not None and best.treated is not None:
        facts.put("fall_share", best.fall_share())
        facts.put("gain_of_start", gain / best.scale)
        facts.put("gain_over_noise", gain / best.noise)
    title = {"en": "Loss with a higher learning rate", "zh": "提高学习率后的损失"}
    facts.pictures.append(picture(title, {"as it is": best.curves[0], f"learning rate x {factor:g}": best.curves[1]}))
    return facts


def _best(bench: Bench, curve: Curve, limit: int | None) -> tuple[Comparison, float]:
    """The best rate by a part of the steps; unless it is clear or broken by then, all of them tell."""
    part = first_part(curve, limit)
    best, factor = _highest(bench, curve, limit, part)
    if part is None or best.treated is None or (best.is_clear() and best.fall_share() < CLEAR_SHARE):
        return best, factor
    return compare(bench, curve, LearningRateTimes(factor), limit), factor


def _highest(bench: Bench, curve: Curve, limit: int | None, part: int | None) -> tuple[Comparison, float]:
    """Goes on to higher rates as long as the gain is small and no harm is done."""
    best, factor = compare(bench, curve, LearningRateTimes(FACTORS[0]), limit, part), FACTORS[0]
    for higher in FACTORS[1:]:
        if best.treated is None or (best.gain() or 0.0) >= CLEAR * best.scale:
            break
        other = compare(bench, curve, LearningRateTimes(higher), limit, part)
        if other.treated is None or other.treated.value > best.treated.value + 3 * other.noise:
            break
        if other.treated.value < best.treated.value:
            best, factor = other, higher
    return best, factor
