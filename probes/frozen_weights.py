"""Which layers may not learn, and is there a reason for it?

A layer with requires_grad=False keeps its values. That is meant for weights from a file or a hub, for those trained
earlier in the same script, for a teacher that starts as a copy of its student. Layers that start at random, stand on
the way of the training data and never learn are random features: those count here as frozen without a reason. Of
these only torch's own layers are counted: a hand-made parameter (a filter bank, a reservoir) is fixed on purpose.
Where a script trains several times, a teacher and its student say, each training is judged by its own models and loss.
"""

import re
from collections.abc import Sequence

from nndoctor import notebook
from nndoctor.case import Place
from nndoctor.curve import Curve, beginning, blind_loss, curves, level, loss_calls, scale_of
from nndoctor.layers import LAYERS, Weight, held, learning, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Frozen layers", "zh": "被冻结的层"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "frozen_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of all parameters that may not learn, for whatever reason",
            "zh": "不允许学习的参数占比（无论原因）"}},
        "untrained_layers_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the layers that are frozen at their random start values, without a reason that shows",
            "zh": "停留在随机初始值、且看不出原因而被冻结的层的占比"}},
        "untrained_layers": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "number of these layers", "zh": "这样的层数"}},
        "loss_drop": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "fall of the loss in that training, relative to its start", "zh": "该次训练中损失的相对降幅"}},
        "loss_over_blind": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "loss at the end of that training over that of the best prediction that ignores the input",
            "zh": "该次训练的最终损失与“不看输入时的最优预测”之损失的比值"}},
        "untrained_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "size of each of their weights", "zh": "这些层各权重的大小"}},
    },
}  # fmt: skip
FEWEST = 10
"""With fewer losses there is no start and no end to compare."""
FREEZES = re.compile(r"requires_grad(_\(|\s*=|,)\s*(requires_grad\s*=\s*)?False")
TRANSPOSED = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")


def run(bench: Bench) -> Facts:
    """Counts the layers that are frozen without a reason, among those on the way of the training data."""
    trace = bench.trace
    known = weights(trace)
    if not known or not trace.graphs or not trace.iterations:
        raise CannotMeasure("no training of a torch module was watched")
    alive = learning(trace)
    facts = Facts()
    frozen = [weight for weight in known.values() if not weight.seen.trainable and weight.name not in alive]
    total = sum(weight.size for weight in known.values())
    facts.put("frozen_share", sum(weight.size for weight in frozen) / total)
    groups = [(curve, _in_training(trace, curve, known, alive)) for curve in curves(trace)]
    found = [(curve, *_untrained(models, known, frozen)) for curve, models in groups]
    # of several trainings in one script, a teacher's and a student's, the one with most that is frozen
    curve, share, untrained = max(found, key=lambda one: one[1])
    places: Sequence[Place | None] = _freezing_lines(untrained) or [one.place for one in trace.optimizers.values()]
    facts.put("untrained_layers_share", share, *places)
    facts.put("untrained_layers", float(len(untrained)), *places)
    facts.put("untrained_by_layer", {weight.name: float(weight.size) for weight in untrained}, *places)
    _put_loss(facts, trace, curve)
    return facts


def _untrained(models: set[int], known: dict[str, Weight], frozen: list[Weight]) -> tuple[float, list[Weight]]:
    """Of the layers of these models those that are frozen without a reason, and their share."""
    layers = [w for w in known.values() if w.model in models and w.is_matrix and w.kind in LAYERS + TRANSPOSED]
    untrained = [weight for weight in layers if weight in frozen and not _has_reason(weight, known)]
    return len(untrained) / len(layers) if layers else 0.0, untrained


def _put_loss(facts: Facts, trace: Trace, curve: Curve) -> None:
    """Of this training, which may not be the run's main one."""
    first, last = beginning(curve), level(curve.losses[-max(5, len(curve.losses) // 10) :])
    if first is None or last is None:
        return
    facts.put("loss_drop", (first.value - last.value) / scale_of(curve, first), curve.place)
    if blind := blind_loss(loss_calls(trace, curve)):
        facts.put("loss_over_blind", last.value / blind, curve.place)


def _freezing_lines(layers: list[Weight]) -> list[Place]:
    """The lines that freeze, in the files where these layers are made: setting a flag leaves no other trace."""
    found = []
    for file in {weight.seen.place.file for weight in layers if weight.seen.place is not None}:
        try:
            source = notebook.lines(file)
        except (OSError, ValueError):
            continue
        found += [Place(file, n, row.strip(), cell=cell) for cell, n, row in source if FREEZES.search(row)]
    return found[:3]


def _in_training(trace: Trace, curve: Curve, known: dict[str, Weight], alive: frozenset[str]) -> set[int]:
    """The models that learn from this loss, and those whose output a learning model gets as its input."""
    own = [graph for graph in trace.graphs if graph.curve == curve.site and graph.iteration in curve.steps]
    learning_here = (alive & held(trace)).intersection(name for graph in own for name in graph.reached)
    models = {known[name].model for name in learning_here if name in known}
    taken = {tensor.fingerprint for batch in trace.batches if batch.model in models for tensor in batch.inputs}
    feeding = {
        batch.model
        for batch in trace.batches
        if batch.output is not None and batch.output.fingerprint and batch.output.fingerprint in taken
    }
    return models | feeding


def _has_reason(weight: Weight, known: dict[str, Weight]) -> bool:
    """Values from a file, a copy of what was trained before, or of a weight that learns (a teacher's start)."""
    seen = weight.seen
    return (
        seen.loaded
        or bool(seen.copied_from)
        or not seen.std
        or any(
            (other.seen.shape, other.seen.mean, other.seen.std) == (seen.shape, seen.mean, seen.std)
            for other in known.values()
            if other.seen.trainable
        )
    )
