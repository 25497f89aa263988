"""Does what the network says of one sample depend on the others in its batch?

At the first training step a copy of the model, in evaluation mode, is given its batch once more with a single sample
exchanged, and the whole batch in another order. The answer for a sample may change with that sample, not with another
one. Where samples are compared on purpose, as by attention from sample to sample, each answer still hangs on its own
sample, and another order of the batch gives the same answers in that order. Numbers that a reshaping has put into other
samples' rows obey neither.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from nndoctor.feeding import feeding_place, training_stream
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Step, replayed
from nndoctor.seen import BatchSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Experiment: other companions in the batch", "zh": "实验：更换批次中的其他样本"},
    "cost": "seconds",
    "needs": ("trace", "rerun", "model", "batch"),
    "facts": {
        "own_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the samples whose answer changes when they are exchanged",
            "zh": "换掉样本自身后其输出会变化的比例"}},
        "others_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the samples that change the answer for another one when they are exchanged",
            "zh": "换掉后会改变其他样本输出的样本比例"}},
        "order_error": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "change of the answers when the batch comes in another order, over their spread",
            "zh": "批次内样本换一种顺序时输出的变化与其离散程度之比"}},
        "drawn_at_random": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the batch is of single samples that a loader drew in random order",
            "zh": "批次由加载器随机抽取的单个样本组成"}},
    },
}  # fmt: skip
LOOKED_AT = 8
FEWEST = 4
CHANGED = 1e-3
"""Of the spread of the answers: rounding measured 1e-6."""


def run(bench: Bench) -> Facts:
    """One rerun, to the first step that trained."""
    trace, facts = bench.trace, Facts()
    stream = training_stream(trace)
    if not stream:
        raise CannotMeasure("no training batch was seen")
    if len(stream) > 1 and len({batch.inputs[0].fingerprint for batch in stream if batch.inputs}) < 2:
        raise CannotMeasure("every step is given the same samples: they may belong together")
    at = stream[0].iteration
    measured = replayed(bench, exchanged, at)
    place = feeding_place(trace, stream)
    for name, value in measured.items():
        facts.put(name, value, place, step=at)
    facts.put("drawn_at_random", _is_drawn_at_random(trace, stream[0]), place)
    return facts


def _is_drawn_at_random(trace: Trace, batch: BatchSeen) -> bool:
    loader = trace.loaders.get(batch.loader) if batch.loader is not None else None
    if loader is None or loader.sampler != "RandomSampler":
        return False
    return bool(batch.inputs) and batch.inputs[0].shape[:1] == (loader.batch_size,)


def exchanged(step: Step) -> Mapping[str, float]:
    """The shares and the error; samples lie along the first axis of all inputs and of the output."""
    replica = step.replica()
    replica.model.eval()
    with torch.no_grad():
        answers = replica.output(seed=0)
        if not torch.equal(answers, replica.output(seed=1)):
            raise CannotMeasure("the model draws random numbers in evaluation mode too")
        rows = answers.shape[0] if answers.dim() else 0
        inputs = {path: one for path, one in replica.inputs.items() if one.dim()}
        if rows < FEWEST or any(len(one) != rows for one in inputs.values()):
            raise CannotMeasure("the model's inputs and its output have not all one row for each of several samples")
        spread = (answers - answers.mean(0)).abs().mean().item()
        if not spread > 1e-6 * answers.abs().max().item():
            raise CannotMeasure("the model gives the same for all samples")
        own, others = [], []
        for row in range(0, rows, max(1, rows // LOOKED_AT)):
            other = (row + rows // 2) % rows
            if all(torch.equal(one[row], one[other]) for one in inputs.values()):
                continue
            changed = {path: one.clone() for path, one in inputs.items()}
            for one in changed.values():
                one[row] = one[other]
            moved = (replica.output(changed) - answers).abs().reshape(rows, -1).amax(1) > CHANGED * spread
            own.append(bool(moved[row]))
            others.append(bool(moved.sum() > moved[row]))
        if len(own) < FEWEST:
            raise CannotMeasure("the samples of the batch are alike")
        order = torch.randperm(rows, generator=torch.Generator().manual_seed(0)).to(answers.device)
        turned = replica.output({path: one[order.to(one.device)] for path, one in inputs.items()})
    error = (turned - answers[order]).abs().mean().item() / spread
    return {"own_share": sum(own) / len(own), "others_share": sum(others) / len(others), "order_error": error}
