"""Was the network in training mode while it was trained, and in evaluation mode while it was evaluated?

Batch normalisation and dropout work differently in the two modes. A validation in training mode drops units at random
and lets the validation batches into the running statistics; training in evaluation mode leaves both out. A network
without such modules is the same in both modes, and nothing is measured of it here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nndoctor.case import Picture, Series
from nndoctor.evaluations import evaluations, own_line
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Pass, Trace
from nndoctor.training_modes import eval_by_oversight, eval_share, in_eval, running_norms, share_of_parameters

CARD: Card = {
    "title": {"en": "Training and evaluation mode", "zh": "训练模式与评估模式"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "sensitive_modules": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "batch-norm and dropout modules of the trained model",
            "zh": "被训练模型中的批归一化和 dropout 模块数"}},
        "running_norms": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "batch-norm layers that evaluate with running statistics",
            "zh": "评估时使用滑动统计量的批归一化层数"}},
        "trained_in_eval_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of optimizer steps made with the whole model in eval mode",
            "zh": "整个模型处于评估模式时所做的优化步占比"}},
        "train_mode_lost": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "eval() was in force in training though nothing speaks for intent",
            "zh": "训练时 eval() 仍然有效，且没有迹象表明是有意为之"}},
        "trainable_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of that model's parameters that are trainable", "zh": "该模型中可训练参数的占比"}},
        "evaluated_in_train_mode_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of looks at held-out data made in training mode",
            "zh": "在训练模式下对验证或测试数据所做评估的占比"}},
        "evaluated_on_own_line": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the line of those looks is not one of training too", "zh": "这些评估所在的行不同时用于训练"}},
        "evaluation_draws": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "those looks ask the same samples many times over (Monte-Carlo dropout)",
            "zh": "这些评估对同一样本反复计算（蒙特卡罗 dropout）"}},
        "autocast": {"kind": "label", "unit": "", "labels": ("none", "float16", "bfloat16"), "says": {
            "en": "autocast type in training", "zh": "训练时 autocast 的类型"}},
    },
}  # fmt: skip
MANY = 3
"""Twice the same data at one time is two metrics; three times or more is a sampling."""


def run(bench: Bench) -> Facts:
    """The modes at optimizer steps and at looks at held-out data, of the models that modes matter to."""
    trace, facts = bench.trace, Facts()
    training = [one for one in trace.passes if not one.evaluating]
    if not training:
        raise CannotMeasure("no training was seen")
    casts = Counter(one.autocast or "none" for one in training for _ in range(min(one.calls, 100)))
    cast = casts.most_common(1)[0][0]
    facts.put("autocast", cast if cast in ("none", "float16", "bfloat16") else "none")
    sensitive = [one for one in training if one.sensitive and _optimized(trace, one.model)]
    facts.put("sensitive_modules", float(max((one.sensitive for one in sensitive), default=0)))
    norms = [part for model in {one.model for one in sensitive} for part in running_norms(trace.models.get(model))]
    facts.put("running_norms", float(len(norms)))
    _put_training(facts, trace, sensitive)
    _put_evaluation(facts, trace)
    _draw(facts, sensitive, trace)
    return facts


def _optimized(trace: Trace, model: int) -> bool:
    """Whether an optimizer holds parameters of this model; a loss network or a picked-apart picture has none."""
    held = [name for seen in trace.optimizers.values() for group in seen.groups for name in group.parameters]
    return not held or any(name.startswith(f"{model}:") for name in held)


def _put_training(facts: Facts, trace: Trace, sensitive: Sequence[Pass]) -> None:
    worst, found = 0.0, None
    for model in sorted({one.model for one in sensitive}):
        stretches = [one for one in sensitive if one.model == model]
        share = eval_share(trace, stretches)
        if found is None or share > worst:
            worst, found = share, stretches
    if found is None:
        facts.put("trained_in_eval_share", 0.0)
        facts.put("train_mode_lost", False)  # noqa: FBT003
        return
    first = next((one for one in found if in_eval(one)), None)
    place = first.place if first is not None else None
    facts.put("trained_in_eval_share", worst, place)
    seen = trace.models.get(found[0].model)
    trainable = share_of_parameters(seen, "trainable")
    facts.put("trainable_share", trainable, place)
    lost = worst > 0 and first is not None and eval_by_oversight(trace, found, first, seen)
    if lost is not None:
        facts.put("train_mode_lost", lost, place)


def _put_evaluation(facts: Facts, trace: Trace) -> None:
    looks = [look for look in evaluations(trace) if look.iteration > 0 and look.passes[0].sensitive]
    wrong = [look for look in looks if any(one.training and one.active for one in look.passes)]
    facts.put("evaluated_in_train_mode_share", len(wrong) / max(1, len(looks)), *(look.place for look in wrong[:1]))
    if wrong:
        line = own_line(trace, wrong[0].place)
        facts.put("evaluated_on_own_line", line is not None, line)
    prints = Counter(
        (batch.iteration, batch.model, batch.inputs[0].fingerprint)
        for batch in trace.batches
        if batch.evaluating and batch.training and batch.inputs and batch.inputs[0].fingerprint
    )
    repeated = any(one.repeats > 0.5 or _draws_over(trace, one) for look in wrong for one in look.passes)
    facts.put("evaluation_draws", repeated or any(count >= MANY for count in prints.values()))


def _draws_over(trace: Trace, one: Pass) -> bool:
    """Whether one stretch goes over all the samples of its loader many times."""
    loader = trace.loaders.get(one.loader) if one.loader is not None else None
    return loader is not None and bool(loader.length) and one.samples >= MANY * (loader.length or 0)


def _draw(facts: Facts, sensitive: Sequence[Pass], trace: Trace) -> None:
    looks = [one for look in evaluations(trace) for one in look.passes if one.sensitive]
    lines = tuple(
        Series(label, tuple(float(p.iteration) for p in passes), tuple(p.active / p.sensitive for p in passes))
        for label, passes in (("training", sensitive), ("evaluation", looks))
        if passes
    )
    if lines:
        title = {
            "en": "Share of batch-norm and dropout modules that are active",
            "zh": "处于训练模式的批归一化与 dropout 模块占比",
        }
        facts.pictures.append(Picture("curve", title, lines))
