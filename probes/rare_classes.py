"""How often does the network name a class that is rare?

Where one class makes up most of the samples, to name it always is right most of the time: the accuracy looks good, and
is that of a constant. Compared are the labels that the loss was given and the answers at the end of the training: the
share of samples that were given a rare class, over the share that has one.
"""

from __future__ import annotations

from collections import Counter

from nndoctor.case import Picture, Series
from nndoctor.loss_calls import main_loss
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall

CARD: Card = {
    "title": {"en": "Rare classes", "zh": "稀有类别"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "majority_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the most frequent class in training", "zh": "训练中最多类别的占比"}},
        "largest_over_smallest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "samples of the most frequent class over those of the rarest",
            "zh": "最多类别与最少类别的样本数之比"}},
        "weighed": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss weighs the classes", "zh": "损失函数对类别加了权重"}},
        "named_over_present": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "samples given another class than the most frequent one, over those that have another, at the end",
            "zh": "训练结束时，被判为非最多类别的样本数与实际非最多类别的样本数之比"}},
    },
}  # fmt: skip
LATE = (0.66, 0.33, 0.1)
"""What was seen after two thirds of the way to the last call counts as the end; more of it where that is too little."""
MOST_BARS = 64
FEWEST = 5
"""Samples of rare classes that must have been seen at the end, before one can say that they are never named."""


def run(bench: Bench) -> Facts:
    """The labels of the training's main loss, and the answers it was given last."""
    calls = [call for call in main_loss(bench.trace) if call.accuracy is not None and call.label_counts]
    counts = _counted(calls)
    if len(counts) < 2:
        raise CannotMeasure("no loss of torch's for classes was seen in training, or of one class only")
    facts, place = Facts(), calls[-1].place
    most = max(counts.values())
    facts.put("majority_share", most / counts.total(), place)
    facts.put("largest_over_smallest", most / min(counts.values()), place)
    facts.put("weighed", any(call.weighted for call in calls), place)
    frequent = counts.most_common(1)[0][0]
    for share in LATE:
        late = [call for call in calls if call.iteration >= share * calls[-1].iteration]
        labels = _counted(late)
        rare = labels.total() - labels[frequent]
        if rare >= FEWEST:
            break
    if rare >= FEWEST:
        # the class that is named most need not be the most frequent: then rare ones are named all the time
        named = sum(min(1.0, 1 - (call.top_share or 0.0)) * sum(call.label_counts.values()) for call in late)
        right = sum((call.accuracy or 0.0) * sum(call.label_counts.values()) for call in late)
        facts.put("named_over_present", max(named, labels.total() - rare - right) / rare, place)
    facts.pictures.append(_drawn(counts, max(call.classes or 0 for call in calls)))
    return facts


def _drawn(counts: Counter[str], classes: int) -> Picture:
    """A bar for each label, and for each class that the loss tells apart though no label names it."""
    without = [str(label) for label in range(classes) if not counts[str(label)]]
    names = tuple(sorted({*counts, *without}, key=lambda label: (len(label), label))[:MOST_BARS])
    bars = Series("labels", tuple(map(float, range(len(names)))), tuple(counts[n] / counts.total() for n in names))
    note = {"en": f"The loss tells {classes} classes apart", "zh": f"损失函数区分 {classes} 个类别"}
    if without:
        shown = ", ".join(without[:8]) + (", …" if len(without) > 8 else "")
        note = {"en": f"{note['en']}; no label was met of {shown}.", "zh": f"{note['zh']}；没有遇到标签 {shown}。"}
    else:
        note = {"en": f"{note['en']}, and met labels of all.", "zh": f"{note['zh']}，每一类都有标签。"}
    return Picture(
        "bars",
        {"en": "Labels in training", "zh": "训练标签的分布"},
        (bars,),
        names,
        note=note if classes else {},
    )


def _counted(calls: list[LossCall]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for call in calls:
        counts.update({label: int(count) for label, count in call.label_counts.items()})
    return counts
