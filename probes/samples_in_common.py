"""Were samples of the validation data trained on?

The content of the samples is compared, value for value: those that a look at held-out data met, and those that were
trained on before. A part in common is a leak: the split was drawn twice, the data hold copies, or were multiplied
before they were split. All of it in common is a look at training data, which may be meant. Of a long training a part of
the batches is compared; words, which are said more than once, and samples of few numbers (a board) are not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nndoctor.case import Place
from nndoctor.choosing import chooses
from nndoctor.curve import curves
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import BatchSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Samples in common", "zh": "训练集与验证集的共同样本"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "shared": {"kind": "label", "unit": "", "labels": ("none", "some", "all", "whole_data"), "says": {
            "en": "samples of the validation that were trained on before (whole_data: it is a look at all data)",
            "zh": "验证样本中有多少此前参与过训练（none 无，some 部分，all 全部，whole_data 表示在看全部数据）"}},
        "shared_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "their share, as far as the training was looked at", "zh": "其占比（就观察到的训练批次而言）"}},
        "chosen_by": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the weights are kept whenever this validation scores best so far",
            "zh": "每当该验证得分创新高时就保存权重"}},
    },
}  # fmt: skip
FEWEST = 16
"""Rows of a validation that must have been compared."""
VARIED = 6
"""So many numbers with some twenty values each are not alike by chance: one in 10^7, of some thousands of samples."""
MOST_OF_TRAINING = 0.5
"""A look that holds more than this share of the training data is one at all data; validation sets are smaller."""
ROUNDING = 0.02
Row = tuple[str, ...]


@dataclass(slots=True)
class _Training:
    """The rows that a model was trained on, with the iterations at which they were seen to be.

    `coverage` is the share of the training data that they are, and `size` the number of those. `begins` are the
    iterations at which a training began, with an optimizer of its own: the next fold may hold out what this one has.
    """

    times: dict[Row, list[int]] = field(default_factory=dict)
    coverage: float = 0.0
    size: float = 0.0
    begins: list[int] = field(default_factory=list)

    def before(self, row: Row, iteration: int) -> bool:
        """Whether the training that is going on at that iteration had met the row."""
        since = max((begin for begin in self.begins if begin < iteration), default=0)
        return any(since <= time < iteration for time in self.times.get(row, ()))


@dataclass(slots=True)
class _Look:
    """What was met of one validation set: its rows with the last iteration at which each was.

    `size` is in samples; `small`: beside the training data.
    """

    place: Place | None
    size: int
    loader: int | None
    small: bool = False
    last: dict[Row, int] = field(default_factory=dict)


def run(bench: Bench) -> Facts:
    """The look with the largest share in common."""
    trace, facts = bench.trace, Facts()
    found = [
        seen for model in sorted({p.model for p in trace.passes if not p.evaluating}) for seen in _of(trace, model)
    ]
    if not found:
        raise CannotMeasure("no evaluation on data whose samples could be told apart")
    kind, share, look = max(found, key=lambda one: (one[0] == "some", one[1]))
    facts.put("shared", kind, look.place)
    facts.put("shared_share", share, look.place)
    facts.put("chosen_by", look.small and look.loader is not None and chooses(trace, look.loader), look.place)
    return facts


def _of(trace: Trace, model: int) -> list[tuple[str, float, _Look]]:
    training = _training(trace, model)
    looks = [look for look in _looks(trace, model) if len(look.last) >= FEWEST and training.times]
    for look in looks:
        look.small = look.size <= MOST_OF_TRAINING * training.size
    kinds = [(look, *_compared(look, training)) for look in looks]
    by_hand = Counter(kind for look, kind, _ in kinds if look.loader is None)
    if by_hand["some"] <= by_hand["all"]:
        # slices of all that there is: one lies across the border
        kinds = [one for one in kinds if one[0].loader is not None or one[1] != "some"]
    return [(kind, share, look) for look, kind, share in kinds]


def _compared(look: _Look, training: _Training) -> tuple[str, float]:
    """What of the look was trained on before it; a row that is trained on later was held out (test, then train)."""
    n = len(look.last)
    before = sum(training.before(row, seen) for row, seen in look.last.items()) / n
    ever = sum(row in training.times for row in look.last) / n
    known = training.coverage
    if not before:
        return "none", 0.0
    if ever >= known - 3 * math.sqrt(known * (1 - known) / n) - ROUNDING:
        return "all", before
    return ("whole_data" if ever / known * look.size > MOST_OF_TRAINING * training.size else "some"), before


def _training(trace: Trace, model: int) -> _Training:
    batches = [batch for batch in trace.batches if batch.model == model and not batch.evaluating]
    found, again = _Training(begins=[curve.steps[0] for curve in curves(trace)]), []
    for batch in batches:
        rows = _rows(batch)
        again.append(sum(row in found.times for row in rows) / len(rows) if rows else 0.0)
        for row in rows:
            found.times.setdefault(row, []).append(batch.iteration)
    # once all was seen, what comes has come before; where samples are changed at random, or come once only, it has not
    late = again[-max(1, len(again) // 4) :]
    found.coverage = sum(late) / len(late) if late else 0.0
    loaders = [trace.loaders[b.loader].length for b in batches if b.loader is not None and b.loader in trace.loaders]
    length = next((one for one in reversed(loaders) if one), None)
    if length:
        found.coverage = min(found.coverage, len(found.times) / length)
    found.size = length or len(found.times) / max(found.coverage, ROUNDING)
    return found


def _rows(batch: BatchSeen) -> list[Row]:
    """The prints of the samples, all inputs together; none where one of them can't be told from others."""
    inputs = [tensor for tensor in batch.inputs if tensor.shape]
    if not inputs or not all(t.row_fingerprints and t.shape[0] == inputs[0].shape[0] for t in inputs):
        return []
    return list(zip(*(tensor.row_fingerprints for tensor in inputs), strict=True))


def _looks(trace: Trace, model: int) -> Iterator[_Look]:
    """The validation sets of a model: each loader, and without one each batch, for training data may be looked at too.

    Only those that are scored against labels: a pool of samples is also looked at to choose from it.
    """
    used = {batch.loader for batch in trace.batches if not batch.evaluating and batch.loader is not None}
    measured = [[t.varied for t in batch.inputs if not t.dtype.startswith("int")] for batch in trace.batches]
    varied = max(map(sum, measured), default=0)
    scored = [
        one for one in trace.passes
        if one.model == model and one.evaluating and not one.feeds and one.loader not in used
        and (one.loss is not None or one.accuracy is not None)
    ]  # fmt: skip
    places = {(one.loader, one.iteration): one for one in scored}
    found: dict[object, _Look] = {}
    for batch in trace.batches if varied >= VARIED else ():
        look = places.get((batch.loader, batch.iteration))
        if batch.model == model and batch.evaluating and look is not None and (rows := _rows(batch)):
            key = batch.loader if batch.loader is not None else tuple(tensor.fingerprint for tensor in batch.inputs)
            size = look.samples if batch.loader is not None else batch.inputs[0].shape[0]
            known = found.setdefault(key, _Look(look.place, size, batch.loader))
            known.size = max(known.size, size)
            known.last.update(dict.fromkeys(rows, batch.iteration))
    yield from found.values()
