"""Does every step get another batch, and are the labels mixed within it?

The same batch at each step (an iterator made anew each time) teaches the network that batch alone, though the loader
holds more. Data in the order of its labels gives batches of one class each: every step pulls all answers towards it,
and the network forgets the classes before. Measured is the intraclass correlation of the labels within batches, from
their chi-square dispersion: 0 for random draws, 1 where each batch has a single label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from nndoctor.case import Picture, Series
from nndoctor.clumping import label_clumping, value_clumping
from nndoctor.feeding import feeding_place, loader_of, training_stream
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import BatchSeen, LoaderSeen, LossCall
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Order of the batches", "zh": "批次的顺序"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "same_batch_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of steps whose batch is that of the step before", "zh": "与前一步批次相同的步数占比"}},
        "distinct_batches": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "different batches among those looked at", "zh": "观察到的不同批次数"}},
        "distinct_over_draws": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "different batches over draws from the loader", "zh": "不同批次数与从加载器取出的次数之比"}},
        "draws_per_iterator": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "batches drawn from each iterator of the training loader",
            "zh": "训练加载器的每个迭代器取出的批次数"}},
        "loader_holds_more": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the training loader holds more than twice the samples ever used",
            "zh": "训练加载器的样本数是实际用过的两倍以上"}},
        "dataset_seen_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "share of the loader's samples that were used", "zh": "加载器样本中被用到的占比"}},
        "sampler": {"kind": "label", "unit": "", "labels": ("none", "sequential", "random", "other"), "says": {
            "en": "sampler of the training loader", "zh": "训练加载器的采样器"}},
        "reseeded_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of steps before which a random seed was set to its former value",
            "zh": "随机种子被重设为原值的步数占比"}},
        "label_clumping": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "likeness of the labels within a batch (0 = random draws, 1 = one label a batch)",
            "zh": "批次内标签的相似度（0 为随机，1 为每批只有一个标签）"}},
        "target_clumping": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the same of the targets' values", "zh": "目标数值的同一指标"}},
    },
}  # fmt: skip
ROWS = 64
FEW = 0.2
"""With no more different batches than this share of them, those not looked at are not new either."""


def run(bench: Bench) -> Facts:
    """Follows the inputs of one model through training, those from a loader if there is one."""
    trace, facts = bench.trace, Facts()
    stream = training_stream(trace)
    if len(stream) < 2:
        if not trace.batches:
            _put_labels_of_losses(facts, trace)
        if not facts.values:
            raise CannotMeasure("fewer than two training batches were seen")
        return facts
    place = feeding_place(trace, stream)
    pairs = [pair for pair in pairwise(stream) if _next(*pair)]
    same = [_print(one) == _print(other) for one, other in pairs]
    facts.put("same_batch_share", float(np.mean(same)) if same else 0.0, place)
    distinct = len({_print(batch) for batch in stream})
    facts.put("distinct_batches", float(distinct), place)
    again, steps = trace.reseeded, max(1, trace.iterations[-1].index + 1 if trace.iterations else 1)
    facts.put("reseeded_share", min(1.0, again.iterations / steps) if again else 0.0, again.place if again else None)
    _put_loader(facts, trace, stream)
    if not any(one.feeds for one in trace.passes):
        _put_labels(facts, trace, stream)
    return facts


def _print(batch: BatchSeen) -> str:
    return "".join(tensor.fingerprint for tensor in batch.inputs)


def _next(one: BatchSeen, other: BatchSeen) -> bool:
    return other.iteration == one.iteration + 1


def _put_loader(facts: Facts, trace: Trace, stream: list[BatchSeen]) -> None:
    """What the loader holds against what was ever used of it."""
    loader = loader_of(trace, stream)
    facts.put("sampler", _sampler(loader), loader.place if loader is not None else None)
    if loader is None:
        # full-batch training, or a slice cut again and again: whether there is more is not known
        if facts.values["distinct_batches"].value != 1.0:
            facts.put("loader_holds_more", False)  # noqa: FBT003
        return
    iterations = max(len(stream), trace.iterations[-1].index + 1 if trace.iterations else 0)
    if loader.draws:
        facts.put("draws_per_iterator", loader.draws / max(1, loader.iterators), loader.place)
        seen = min(loader.draws, len(stream))
        facts.put("distinct_over_draws", min(1.0, len({_print(batch) for batch in stream}) / seen), loader.place)
    repeats = len(set(map(_print, stream))) <= FEW * len(stream)
    used = _rows(stream) * (1.0 if repeats else iterations / len(stream))
    if loader.length:
        facts.put("dataset_seen_share", min(1.0, used / loader.length), loader.place)
    facts.put("loader_holds_more", bool(loader.length and loader.length > 2 * used), loader.place)


def _sampler(loader: LoaderSeen | None) -> str:
    known = {"SequentialSampler": "sequential", "RandomSampler": "random"}
    return "none" if loader is None else known.get(loader.sampler, "other")


def _rows(stream: Sequence[BatchSeen]) -> float:
    """Different samples among the batches looked at, of which the first rows alone are told apart."""
    rows = {row for batch in stream for row in batch.inputs[0].row_fingerprints}
    sizes = [batch.inputs[0].shape[0] if batch.inputs[0].shape else 1 for batch in stream]
    if rows:
        return len(rows) * max(1.0, float(np.mean(sizes)) / ROWS)
    return float(sum(dict(zip(map(_print, stream), sizes, strict=True)).values()))


def _put_labels(facts: Facts, trace: Trace, stream: list[BatchSeen]) -> None:
    """The labels of the stream's batches, as the loss function got them; one loss a step."""
    samples = {batch.iteration: batch.inputs[0].shape[:1] for batch in stream}
    calls: dict[object, dict[int, LossCall]] = defaultdict(dict)
    for call in trace.losses:
        # a row for each sample: the pixels of a picture and the words of a text are alike without being sorted
        if not call.evaluating and call.target.shape[:1] == samples.get(call.iteration) and len(call.target.shape) < 3:
            calls[call.place and call.place.spot].setdefault(call.iteration, call)
    most = list(max(calls.values(), key=len, default={}).values())
    place = feeding_place(trace, stream)
    labels = [call.label_counts for call in most if call.label_counts and len(call.target.shape) == 1]
    clumping = label_clumping(labels)
    # the targets of reinforcement learning drift; data in a fixed order come again as the same batches
    fixed = stream[0].loader is not None or len({_print(batch) for batch in stream}) < len(stream)
    values = value_clumping([call.target for call in most]) if fixed else 0.0
    alike = facts.values["same_batch_share"].value == 1.0
    if clumping is None and values is None and facts.values["sampler"].value != "random" and not alike:
        return
    facts.put("label_clumping", clumping or 0.0, place)
    facts.put("target_clumping", (values or 0.0) if clumping is None else 0.0, place)
    if clumping is not None:
        _draw(facts, labels)


def _put_labels_of_losses(facts: Facts, trace: Trace) -> None:
    """A network written as plain functions shows no batches: its losses show their labels."""
    calls: dict[object, list[LossCall]] = defaultdict(list)
    for call in trace.losses:
        if not call.evaluating and call.label_counts and len(call.target.shape) == 1:
            calls[call.place and call.place.spot].append(call)
    most = max(calls.values(), key=len, default=[])
    labels = [call.label_counts for call in most]
    clumping = label_clumping(labels)
    if clumping is not None:
        facts.put("label_clumping", clumping, most[0].place)
        facts.put("target_clumping", 0.0, most[0].place)
        _draw(facts, labels)


def _draw(facts: Facts, batches: Sequence[Mapping[str, float]]) -> None:
    names = sorted({name for batch in batches for name in batch}, key=lambda name: (len(name), name))[:8]
    x = tuple(float(number) for number in range(len(batches)))
    lines = tuple(Series(n, x, tuple(b.get(n, 0.0) / max(1.0, sum(b.values())) for b in batches)) for n in names)
    title = {"en": "Share of each label in the batches looked at", "zh": "所观察批次中各标签的占比"}
    facts.pictures.append(Picture("curve", title, lines))
