"""What happens to the same script without its dropout, and without its weight decay?

The script is run again with dropout off, and again with every weight decay at 0, as far as it has them. That the
training loss is lower then is no wonder: to keep it from falling too far is what they are for. So the validation is
compared as well, which dropout does not touch: where that is better too, and by much, they are too strong.
"""

from __future__ import annotations

from nndoctor.comparison import Comparison, affordable, of_the_seed, picture, side_by_side, watched_curve
from nndoctor.curve import Curve
from nndoctor.evaluations import loss_at_end
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace
from nndoctor.unregularised import RegularisationOff

CARD: Card = {
    "title": {"en": "Experiment: without regularisation", "zh": "实验：去掉正则化"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "of": {"kind": "label", "unit": "", "whole_epochs": True, "labels": ("dropout", "weight_decay"), "says": {
            "en": "what was left out with the most gain", "zh": "去掉后收益最大的一项"}},
        "treated_finite": {"kind": "flag", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the loss ends finite without it", "zh": "去掉后最终损失为有限值"}},
        "loss_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training loss at the end, as it is", "zh": "原样运行的最终训练损失"}},
        "loss_treated": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training loss at the end without it", "zh": "去掉后的最终训练损失"}},
        "loss_over_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "training loss at the end without it, over that as it is", "zh": "去掉后与原样的最终训练损失之比"}},
        "fall_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "fall of the training loss as it is over the fall without it",
            "zh": "原样的训练损失降幅与去掉后的降幅之比"}},
        "gain_of_start": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "how much lower the training loss then is, relative to the start",
            "zh": "训练损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the same in standard errors, another seed's difference included",
            "zh": "该降幅与其标准误差之比（含随机种子的影响）"}},
        "validation_over_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "validation loss at the end without it, over that as it is", "zh": "去掉后与原样的最终验证损失之比"}},
    },
}  # fmt: skip
Without = tuple[str, Comparison, float | None]
"""What was left out, the training losses, and the validation loss over that as it is."""


def run(bench: Bench) -> Facts:
    """The better of the two runs."""
    curve = watched_curve(bench.trace)
    kinds = _used(bench.trace)
    if not kinds:
        raise CannotMeasure("no dropout layer and no weight decay was seen")
    limit = affordable(bench, curve, len(kinds) + 1)
    tried = [one for kind in kinds if (one := _without(bench, curve, kind, limit)) is not None]
    if not tried:
        raise CannotMeasure("no dropout and no weight decay could be taken out")
    of, best, validation = max(tried, key=lambda one: _worth(one[1]))
    gain = best.gain()
    if gain is not None and gain > 3 * best.noise:
        best = best.noisier(of_the_seed(bench, curve, limit))
    facts = Facts()
    facts.put("of", of)
    facts.put("treated_finite", best.treated is not None)
    if gain is not None and best.as_is is not None and best.treated is not None:
        facts.put("loss_as_is", best.as_is.value, curve.place)
        facts.put("loss_treated", best.treated.value)
        if best.as_is.value > 0:
            facts.put("loss_over_as_is", max(0.0, best.treated.value) / best.as_is.value)
        facts.put("fall_share", best.fall_share())
        facts.put("gain_of_start", gain / best.scale)
        facts.put("gain_over_noise", gain / best.noise)
    if validation is not None:
        facts.put("validation_over_as_is", validation)
    title = {"en": "Loss without it", "zh": "去掉后的损失"}
    facts.pictures.append(picture(title, {"as it is": best.curves[0], f"without {of}": best.curves[1]}))
    return facts


def _used(trace: Trace) -> tuple[str, ...]:
    """What of it the script has."""
    parts = (part for model in trace.models.values() for part in model.modules)
    layers = any(
        ("Dropout" in part.kind and part.settings.get("p")) or part.settings.get("dropout", 0) > 0 for part in parts
    )
    functions = any(op.name.endswith("dropout") for seen in trace.forwards for op in seen.operations)
    decay = any(group.weight_decay for seen in trace.optimizers.values() for group in seen.groups)
    return ("dropout",) * (layers or functions) + ("weight_decay",) * decay


def _without(bench: Bench, curve: Curve, of: str, limit: int | None) -> Without | None:
    change = RegularisationOff("dropout" if of == "dropout" else "weight_decay")
    rerun = bench.rerun(change, iterations=limit)
    if rerun.steered is not None and not rerun.steered.applied:
        return None
    own, treated = loss_at_end(bench.trace), loss_at_end(rerun)
    ratio = treated / own if limit is None and own and treated is not None and own > 0 else None
    return of, side_by_side(bench.trace, curve, rerun), ratio


def _worth(one: Comparison) -> float:
    return -float("inf") if one.treated is None else -one.treated.value
