"""Are the running statistics of batch normalisation those of the data that the network is trained on?

At the last step that time allows to come to, a copy of the model is given its training batch twice more, without
dropout: normalised by the batch itself, as in training, and by the running statistics, as in evaluation. The samples
are the same and have been learnt, so that whatever the second loss is higher comes from the statistics alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from nndoctor.case import Place
from nndoctor.curve import beginning, main_curve, scale_of
from nndoctor.evaluations import evaluations
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Step, replayed
from nndoctor.trace import Trace
from nndoctor.training_modes import running_norms

CARD: Card = {
    "title": {"en": "Experiment: batch norm in both modes", "zh": "实验：批归一化的两种模式"},
    "cost": "minutes",
    "needs": ("trace", "rerun", "model", "batch", "loss"),
    "facts": {
        "loss_by_batch": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss of a training batch, normalised by its own statistics",
            "zh": "训练批次按自身统计量归一化时的损失"}},
        "loss_by_running": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss of the same batch, normalised by the running statistics",
            "zh": "同一批次按滑动统计量归一化时的损失"}},
        "loss_over_batch": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss by the running statistics over that by the batch's own",
            "zh": "按滑动统计量的损失与按批次自身统计量的损失之比"}},
        "harm_of_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much higher the former is, relative to the loss at the start",
            "zh": "前者高出的幅度与起始损失之比"}},
        "steps": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "batches that the running statistics had seen by then", "zh": "此前滑动统计量见过的批次数"}},
    },
}  # fmt: skip
FEWEST = 50
"""With torch's momentum of 0.1 the start values then weigh half a percent."""
SHARE = 0.5
"""Of the time left, what the way to that step may have taken in the watched run."""


def run(bench: Bench) -> Facts:
    """One rerun, nearly to the end."""
    trace, facts = bench.trace, Facts()
    curve = main_curve(trace)
    first = beginning(curve) if curve is not None else None
    if curve is None or first is None or len(curve.steps) < FEWEST:
        raise CannotMeasure(f"the training took fewer than {FEWEST} steps with a finite first loss")
    in_time = {row.index for row in trace.iterations if row.seconds <= SHARE * bench.seconds_left()}
    at = max((step for step in curve.steps if step in in_time), default=0)
    if at < curve.steps[0] + FEWEST - 1:
        raise CannotMeasure("no time was left to run the script once more for long enough")
    measured = replayed(bench, compared, at)
    batch, running = measured["batch"], measured["running"]
    looks = [look.place for look in evaluations(trace)][:1]
    facts.put("loss_by_batch", batch, curve.place, step=at)
    facts.put("loss_by_running", running, *looks, step=at)
    facts.put("loss_over_batch", running / max(batch, 1e-9), *_made_in(trace), step=at)
    facts.put("harm_of_start", (running - batch) / scale_of(curve, first), step=at)
    facts.put("steps", float(at - curve.steps[0]))
    return facts


def _made_in(trace: Trace) -> list[Place | None]:
    """The lines that make the layers."""
    norms = {(model, name) for model, seen in trace.models.items() for name in running_norms(seen)}
    return list(dict.fromkeys(
        parameter.place for model, seen in trace.models.items() for parameter in seen.parameters
        if (model, parameter.name.rpartition(".")[0]) in norms
    ))  # fmt: skip


def compared(step: Step) -> Mapping[str, float]:
    """Both losses; the run's own factor before it goes backward is left out of both."""
    replica = step.replica()
    norms = [
        part
        for part in replica.model.modules()
        if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.track_running_stats  # noqa: SLF001
    ]
    if not norms or not all(part.training for part in norms):
        raise CannotMeasure("no batch norm with running statistics was in training mode")
    with torch.no_grad():
        replica.model.eval()
        running = replica.loss(replica.output()).item()
        for part in norms:
            part.train()
        return {"batch": replica.loss(replica.output()).item(), "running": running}
