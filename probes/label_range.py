"""Are all class labels within 0 .. C-1?

The labels that went into a classification loss, those of a loss that failed included, are held against the number of
classes that the network gives. One label outside stops a run on the CPU, and kills the whole process's use of a GPU
(device-side assert) at a line that has nothing to do with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nndoctor.case import Place
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import TensorSeen
from nndoctor.trace import Crash, Trace

CARD: Card = {
    "title": {"en": "Range of the labels", "zh": "标签的取值范围"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "classes": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "classes that the network can give", "zh": "网络输出的类别数"}},
        "lowest": {"kind": "number", "unit": "", "labels": (), "says": {"en": "lowest label", "zh": "最小标签"}},
        "highest": {"kind": "number", "unit": "", "labels": (), "says": {"en": "highest label", "zh": "最大标签"}},
        "outside": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "some label is outside 0 .. C-1, and it is not the one to be ignored",
            "zh": "有标签超出 0 到 C-1，且不是被忽略的标签"}},
        "first": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "number of the first class, where they are counted from another one than 0",
            "zh": "第一个类别的编号（当编号不从 0 开始时）"}},
        "misfit": {"kind": "label", "unit": "", "says": {
            "en": "how the labels fail to fit the classes", "zh": "标签与类别不符的方式"},
            "labels": ("none", "counted_from_one", "low_mark", "high_mark", "other")},
    },
}  # fmt: skip
CLASS_LOSSES = ("cross_entropy", "nll_loss")
FAR = 2
"""A mark for "no label" such as 255 lies far beyond the classes: at so many times their number or more."""
IGNORED = -100
"""torch's own default of ignore_index."""


class _Labels(NamedTuple):
    lowest: float
    highest: float
    classes: int
    ignored: int
    place: Place | None

    @property
    def outside(self) -> bool:
        low = self.lowest < 0 and self.lowest != self.ignored
        return low or (self.highest >= self.classes and self.highest != self.ignored)

    @property
    def misfit(self) -> str:
        """Labels from 1 to C, or one side's outermost label apart from the others."""
        if not self.outside:
            return "none"
        if self.lowest == 1 and self.highest == self.classes:
            return "counted_from_one"
        if self.lowest < 0:
            return "low_mark" if self.highest < self.classes else "other"
        return "high_mark" if self.highest >= FAR * self.classes else "other"


def run(bench: Bench) -> Facts:
    """The range of all labels seen; the worst call's where some are outside."""
    seen = list(_labels(bench.trace))
    if not seen:
        raise CannotMeasure("no loss with class labels was seen")
    wrong = next((labels for labels in seen if labels.outside), None)
    shown = wrong or seen[0]
    facts = Facts()
    facts.put("classes", shown.classes, shown.place)
    facts.put("lowest", min(labels.lowest for labels in ([wrong] if wrong else seen)), shown.place)
    facts.put("highest", max(labels.highest for labels in ([wrong] if wrong else seen)), shown.place)
    facts.put("outside", wrong is not None, shown.place)
    facts.put("misfit", shown.misfit, shown.place)
    if shown.misfit == "counted_from_one":
        facts.put("first", shown.lowest, shown.place)
    return facts


def _labels(trace: Trace) -> Iterator[_Labels]:
    for call in trace.losses:
        if call.function in CLASS_LOSSES and call.classes is not None and _are_labels(call.target):
            ignored = IGNORED if call.ignore_index is None else call.ignore_index
            yield _Labels(call.target.minimum or 0, call.target.maximum or 0, call.classes, ignored, call.place)
    if trace.crash is not None and trace.crash.phase == "loss":
        yield from _of_crash(trace.crash)
    if trace.crash is not None:
        yield from _drawn(trace, trace.crash)


def _drawn(trace: Trace, crash: Crash) -> Iterator[_Labels]:
    """Where a GPU could not say which labels it met: the loaders' last ones of the shape of the targets before."""
    drawn = [named.tensor for named in crash.variables if named.name.startswith("drawn.")]
    known = [call for call in trace.losses if call.function in CLASS_LOSSES and _are_labels(call.target)]
    calls = {(call.target.shape[1:], call.classes): call for call in known if call.classes is not None}
    for (shape, classes), call in calls.items():
        ignored = IGNORED if call.ignore_index is None else call.ignore_index
        for target in drawn:
            if target.shape[1:] == shape and _are_labels(target):
                yield _Labels(target.minimum or 0, target.maximum or 0, classes or 0, ignored, call.place)


def _of_crash(crash: Crash) -> Iterator[_Labels]:
    """The tensors of the loss function that failed; its ignore_index stands among the settings of its module."""
    own = [named.tensor for named in crash.variables if named.name in ("input", "target")]
    # torch's own names come first: what else the script holds may look like scores and labels too
    tensors = own[:2] if len(own) > 1 else [named.tensor for named in crash.variables]
    ignored = int(crash.settings.get("ignore_index", IGNORED))
    for scores in tensors:
        shape = scores.shape
        if not scores.dtype.startswith(("float", "bfloat")) or len(shape) < 2:
            continue
        for target in tensors:
            if _are_labels(target) and target.shape == (shape[0], *shape[2:]):
                yield _Labels(target.minimum or 0, target.maximum or 0, shape[1], ignored, crash.place)
                return


def _are_labels(target: TensorSeen) -> bool:
    return target.dtype.startswith(("int", "uint")) and target.minimum is not None
