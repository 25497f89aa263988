"""Can the script's own model, loss and optimizer learn one batch by heart?

At the first training step a copy of the model is trained on the batch of that step, over and over, by a copy of the
optimizer at its highest rate, with the same random numbers each time. Whoever can learn can learn that, so that a
network that can't is kept from it by its parts and their settings, not by the data. The loss is also compared with that
of the best answer that is the same for all samples. Where the step can't be done again by itself, the script is run
once more with its first batch at every step.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.comparison import affordable, compare, watched_curve
from nndoctor.curve import Curve
from nndoctor.intervention import SameBatchEveryStep
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Replica, Step, replayed

CARD: Card = {
    "title": {"en": "Experiment: one batch by heart", "zh": "实验：只学一个批次"},
    "cost": "seconds",
    "needs": ("trace", "rerun", "model", "batch", "loss"),
    "facts": {
        "by": {"kind": "label", "unit": "", "labels": ("replay", "rerun", "none"), "says": {
            "en": "how one batch was learnt: on a copy of the first step, in a run of the script, or it could not be",
            "zh": "学习单个批次的方式：在首步的副本上、重新运行脚本，或无法进行"}},
        "steps": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "steps on that batch", "zh": "在该批次上的步数"}},
        "steps_over_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "these steps over those of the script's own training", "zh": "该步数与脚本自身训练步数之比"}},
        "finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss of the batch stayed finite", "zh": "该批次的损失始终为有限值"}},
        "fall_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how far the loss of the batch fell, relative to its start", "zh": "该批次损失相对于起始值的降幅"}},
        "loss_over_constant": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the loss then, over that of the best answer that is the same for all samples of the batch",
            "zh": "此时的损失与“对所有样本给出同一个最佳回答”的损失之比"}},
    },
}  # fmt: skip
STEPS = 400
"""Healthy small nets needed 12 to 111 steps, deep or sigmoid ones up to 236, to a hundredth of their first loss."""
LEARNT = 0.01
SECONDS = 8.0
RERUN = 100
"""Of the script's own steps, this many are enough to see one batch being learnt."""


def run(bench: Bench) -> Facts:
    """One rerun, to the first step; where that fails, one that holds the batch."""
    curve, facts = watched_curve(bench.trace), Facts()
    rates = [row.learning_rate or 0.0 for row in bench.trace.iterations if row.optimizer == curve.optimizer]
    experiment = functools.partial(learnt, highest=max(rates, default=0.0))
    try:
        found, by = replayed(bench, experiment, curve.steps[0]), "replay"
    except CannotMeasure:
        found, by = _rerun(bench, curve)
    facts.put("by", by, curve.place)
    if found:
        facts.put("finite", bool(found["finite"]))
        facts.put("steps_over_as_is", found["steps"] / len(curve.steps))
        for name in ("steps", "fall_of_start", "loss_over_constant"):
            if name in found:
                facts.put(name, found[name], curve.place)
    return facts


def _rerun(bench: Bench, curve: Curve) -> tuple[Mapping[str, float], str]:
    try:
        limit, most = affordable(bench, curve, 1), curve.steps[0] + RERUN
        found = compare(bench, curve, SameBatchEveryStep(), most if limit is None else min(limit, most))
    except CannotMeasure:
        return {}, "none"
    told = {"steps": float(len(found.curves[1].steps)), "finite": float(found.treated is not None)}
    if found.treated is not None:
        told["fall_of_start"] = (found.start - found.treated.value) / found.scale
    return told, "rerun"


def learnt(step: Step, highest: float) -> Mapping[str, float]:
    """The course of the loss on the copy."""
    replica = step.replica()
    optimizer = replica.optimizer()
    rates = [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]
    for group in optimizer.param_groups if highest else ():
        # a warm-up begins near zero: as in the script, the highest is that of the first group
        group["lr"] = group["lr"] * (highest / rates[0]) if rates[0] else highest
    losses: list[float] = []

    def closure() -> float:
        losses.append(_sloped(optimizer, replica.loss(replica.output())))
        return losses[-1]

    constant, until = _constant(replica), time.monotonic() + SECONDS
    while len(losses) < STEPS and time.monotonic() < until:
        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(closure)  # type: ignore[no-untyped-call]
        else:
            closure()
            optimizer.step()
        if not math.isfinite(losses[-1]) or abs(losses[-1]) < LEARNT * abs(losses[0]):
            break
    finite, last = all(map(math.isfinite, losses)), min(losses[-5:])
    found = {"steps": float(len(losses)), "finite": float(finite)}
    if finite:
        found["fall_of_start"] = (losses[0] - last) / (abs(losses[0]) or 1.0)
    if finite and constant > LEARNT * abs(losses[0]):
        found["loss_over_constant"] = last / constant
    return found


def _sloped(optimizer: Optimizer, loss: Tensor) -> float:
    """Hands the gradient over without a backward pass, which would count as one of the run."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"] if weight.requires_grad]
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True):
        weight.grad = slope
    return loss.item()


def _constant(replica: Replica) -> float:
    """The loss of the best answer to all samples alike; 0 where none can be found."""
    output = replica.output().detach()
    if output.dim() < 1 or len(output) < 2 or output.dtype not in (torch.float32, torch.float64):
        return 0.0
    answer = output.mean(0, keepdim=True).requires_grad_()
    solver = torch.optim.LBFGS([answer], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> float:
        return _sloped(solver, replica.loss(answer.expand_as(output)))

    try:
        solver.step(closure)  # type: ignore[no-untyped-call]
        return closure()
    except RuntimeError:  # probabilities that left their range
        return 0.0
