"""Does a model that is in evaluation mode drop units all the same?

The first calls of each model in evaluation mode are listened to, function by function: dropout by a function that was
not told of the mode, by a layer that eval() does not reach (built anew in forward, or in a plain list), within
attention, or by a random mask. What spoils the model's own input, as a denoising autoencoder does, is left out.
"""

from __future__ import annotations

from collections import Counter

from nndoctor.evaluations import trained
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Pass, Trace

CARD: Card = {
    "title": {"en": "Dropout in evaluation mode", "zh": "评估模式下的 dropout"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "calls": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "calls in evaluation mode that were listened to", "zh": "所监听的评估模式调用次数"}},
        "dropping_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of those in which units were dropped at random", "zh": "其中随机丢弃了神经元的调用占比"}},
        "by": {"kind": "label", "unit": "", "labels": ("none", "dropout", "attention", "mask"), "says": {
            "en": "what drops them: a dropout function, attention, or a random mask",
            "zh": "由什么丢弃：dropout 函数、注意力或随机掩码"}},
        "asked_again": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the same samples are asked many times over in evaluation mode (Monte-Carlo dropout)",
            "zh": "评估模式下对同一样本反复计算（蒙特卡罗 dropout）"}},
        "generates": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "another model is trained through it, as through a generator",
            "zh": "另一模型通过它来训练（如生成器）"}},
    },
}  # fmt: skip
MANY = 3
"""Twice the same data at one time is two metrics; three times or more is a sampling."""


def run(bench: Bench) -> Facts:
    """What was heard in the calls of trained models from which no gradient came back."""
    trace, facts = bench.trace, Facts()
    able = trained(trace)
    looked = {one.model: one for one in trace.passes if one.evaluating and not one.training and one.model in able}
    calls = [call for call in trace.eval_calls if call.model in looked]
    if not calls:
        raise CannotMeasure("no model that is trained was called in evaluation mode")
    dropping = [call for call in calls if call.dropped]
    places = tuple(dict.fromkeys(place for call in dropping for place in call.places))
    facts.put("calls", float(len(calls)))
    facts.put("dropping_share", len(dropping) / len(calls), *places, step=dropping[0].iteration if dropping else None)
    names = [name for call in dropping for name in call.dropped]
    facts.put("by", next((name if name in ("attention", "mask") else "dropout" for name in names), "none"), *places)
    facts.put("asked_again", _asked_again(trace, tuple(one for one in trace.passes if one.model in looked)))
    facts.put("generates", any(one.feeds for one in trace.passes if one.model in {call.model for call in dropping}))
    return facts


def _asked_again(trace: Trace, passes: tuple[Pass, ...]) -> bool:
    prints = Counter(
        (batch.iteration, batch.model, batch.inputs[0].fingerprint)
        for batch in trace.batches
        if batch.evaluating and not batch.training and batch.inputs and batch.inputs[0].fingerprint
    )
    repeated = any(one.evaluating and one.calls >= MANY and one.repeats > 0.5 for one in passes)
    return repeated or any(count >= MANY for count in prints.values())
