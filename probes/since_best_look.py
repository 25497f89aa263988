"""What became of the validation since it was at its best, and what did the training do meanwhile?

Where the training loss goes on falling while the loss on held-out data rises, look after look, the network learns its
samples by heart. Levels are means over three looks, and the rise is held against the jumps from look to look. A copy
of the weights that was taken at the best look (a checkpoint, early stopping) makes up for it.
"""

from __future__ import annotations

import math
from collections import Counter
from statistics import fmean, median

from nndoctor.case import Picture, Series
from nndoctor.evaluations import AVERAGED, Evaluation, best_of, levels_of, main_series, training_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Validation since its best", "zh": "最佳验证之后的变化"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "looks": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "validations with a loss, once training had begun", "zh": "训练开始后给出损失的验证次数"}},
        "looks_since": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "validations since the best one", "zh": "最佳验证之后的验证次数"}},
        "best_at": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "backward passes before the best one", "zh": "最佳验证之前的反向传播次数"}},
        "rise": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "rise of the validation loss since its best, over its best",
            "zh": "验证损失自最低点以来的升幅与最低值之比"}},
        "rise_in_jumps": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "that rise over the jumps from look to look", "zh": "该升幅与相邻验证之间跳动幅度之比"}},
        "rising_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of all pairs of looks since then of which the later is the higher (1 = steadily)",
            "zh": "此后任取两次验证，后一次损失更高的占比（1 表示持续上升）"}},
        "training_fell": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "fall of the training loss meanwhile, over what it was", "zh": "同期训练损失的相对降幅"}},
        "accuracy_rose": {"kind": "flag", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the validation accuracy is higher now than then", "zh": "此后验证准确率有所提高"}},
        "best_is_kept": {"kind": "flag", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the weights of the best look were copied or saved", "zh": "保存了最佳验证时的权重"}},
        "never_learnt": {"kind": "flag", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "even the best validation was no better than knowing how frequent each class is",
            "zh": "即使最好的一次验证，也不比只知道各类别的频率更好"}},
    },
}  # fmt: skip
FEWEST = 6
BLIND = 0.97
"""Of the labels' entropy, as for a loss that does not fall."""


def run(bench: Bench) -> Facts:
    """The main series, from the lowest mean of three looks on."""
    trace, facts = bench.trace, Facts()
    looks = [look for look in main_series(trace) if look.iteration > 0 and look.mean("loss") is not None]
    if len(looks) < FEWEST:
        raise CannotMeasure(f"the script validates fewer than {FEWEST} times with a loss while it trains")
    losses = [look.mean("loss") or 0.0 for look in looks]
    levels, best = levels_of(losses), best_of(losses)
    lowest = min(levels)
    place, rise = looks[-1].place, levels[-1] - lowest
    facts.put("looks", float(len(looks)), place)
    facts.put("looks_since", float(len(looks) - 1 - best), place, step=looks[best].iteration)
    facts.put("best_at", float(looks[best].iteration), place)
    if lowest > 0:
        facts.put("rise", rise / lowest, place, step=looks[best].iteration)
    facts.put("rise_in_jumps", min(1e6, rise / max(_jumps(losses), 1e-9 * abs(lowest) or 1e-12)))
    facts.put("rising_share", _rising(losses[best:]))
    _put_training(facts, trace, looks, best)
    facts.put("accuracy_rose", _rose(looks, best))
    facts.put("best_is_kept", _is_kept(trace, looks))
    facts.put("never_learnt", _is_blind(trace, looks, lowest), place)
    return facts


def _jumps(losses: list[float]) -> float:
    """The standard deviation of a look, from its distance to the mean of its neighbours."""
    triples = zip(losses, losses[1:], losses[2:], strict=False)
    return median(abs(middle - (before + after) / 2) for before, middle, after in triples) / (0.6745 * math.sqrt(1.5))


def _rising(losses: list[float]) -> float:
    pairs = [later > earlier for n, earlier in enumerate(losses) for later in losses[n + 1 :]]
    return fmean(pairs) if pairs else 0.0


def _put_training(facts: Facts, trace: Trace, looks: list[Evaluation], best: int) -> None:
    beside = [training_loss(trace, look.iteration) for look in looks]
    then, now = beside[best], beside[-1]
    if then is not None and now is not None and then > 0:
        facts.put("training_fell", (then - now) / then)
    x = tuple(float(look.iteration) for look in looks)
    lines = (
        Series("validation", x, tuple(look.mean("loss") for look in looks)),
        Series("training", x, tuple(beside)),
    )
    title = {"en": "Validation and training loss", "zh": "验证损失与训练损失"}
    facts.pictures.append(Picture("curve", title, lines, marks=((x[best], "best"),)))


def _rose(looks: list[Evaluation], best: int) -> bool:
    """By more than chance: the mean over three looks, against its standard error."""
    then = [a for look in looks[max(0, best - 1) : best + 2] if (a := look.mean("accuracy")) is not None]
    now = [a for look in looks[-AVERAGED:] if (a := look.mean("accuracy")) is not None]
    if not then or not now:
        return False
    share, n = fmean(now), max(1, looks[-1].samples)
    return share - fmean(then) > math.sqrt(max(share * (1 - share), 0.25 / n) / n)


def _is_blind(trace: Trace, looks: list[Evaluation], lowest: float) -> bool:
    """By the loss, and by the accuracy, which a network that is too sure of itself may have all the same."""
    held = [call for call in trace.losses if call.evaluating and call.entropy]
    if not held or lowest < BLIND * fmean(call.entropy or 0.0 for call in held):
        return False
    labels = sum((Counter(call.label_counts) for call in held), Counter[str]())
    most, n = max(labels.values(), default=0.0) / max(1.0, sum(labels.values())), max(1, looks[-1].samples)
    best = max((look.mean("accuracy") or 0.0 for look in looks), default=0.0)
    return not labels or best < most + 3 * math.sqrt(0.25 / n)


def _is_kept(trace: Trace, looks: list[Evaluation]) -> bool:
    """Whether the weights were copied after the best look (by loss, or by accuracy) and before the next step."""
    taken = {kept.iteration for kept in trace.copies}
    scored = [(accuracy, look.iteration) for look in looks if (accuracy := look.mean("accuracy")) is not None]
    best = {min((look.mean("loss") or 0.0, look.iteration) for look in looks)[1]}
    best |= {iteration for accuracy, iteration in scored if accuracy == max(scored)[0]}
    return not taken.isdisjoint(best)
