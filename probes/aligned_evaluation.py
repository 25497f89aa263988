"""What happens to the validation loss when its inputs are brought to those of training?

The script is run once more; in evaluations the channels or features are given the mean and the spread that they have in
training or, where their means speak for that or tell of no difference, the three colours come in the reverse order. The
training is the same.
The validation losses of both runs are compared, look by look.
"""

from __future__ import annotations

from statistics import fmean

from nndoctor.alignment import difference
from nndoctor.case import Picture, Series
from nndoctor.comparison import changed
from nndoctor.evaluations import main_series
from nndoctor.given import EvaluatedLikeTraining
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Experiment: evaluation inputs like those of training", "zh": "实验：使评估输入与训练输入一致"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "by": {"kind": "label", "unit": "", "labels": ("statistics", "channels"), "says": {
            "en": "what was brought to that of training", "zh": "按训练时的哪个方面调整"}},
        "loss_as_is": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "validation loss with the script's own inputs", "zh": "原输入下的验证损失"}},
        "loss_treated": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "validation loss with the changed ones", "zh": "调整输入后的验证损失"}},
        "gain": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how much lower it then is, relative to what it was", "zh": "验证损失因此降低的比例"}},
        "better_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of those looks that are better", "zh": "结果变好的评估所占比例"}},
    },
}  # fmt: skip
Looks = dict[int, float]


def run(bench: Bench) -> Facts:
    """One rerun, watched closely; the later half of the looks counts."""
    found, before = difference(bench.trace), _losses(bench.trace)
    if found is None or not before:
        raise CannotMeasure("no evaluation with a loss of torch's was seen")
    change = EvaluatedLikeTraining(found.by())
    rerun = changed(bench, change)
    after = _losses(rerun)
    both = [at for at in before if at in after and at > 0]
    late = both[len(both) // 2 :]
    if not late:
        raise CannotMeasure("the script did not evaluate when it was run once more")
    as_is, treated = (fmean(losses[at] for at in late) for losses in (before, after))
    facts = Facts()
    facts.put("by", change.by)
    facts.put("loss_as_is", as_is, found.place)
    facts.put("loss_treated", treated, found.place)
    if as_is > 0:
        facts.put("gain", (as_is - treated) / as_is, found.place)
    facts.put("better_share", sum(after[at] < before[at] for at in late) / len(late))
    x = tuple(float(at) for at in both)
    lines = (
        Series("as it is", x, tuple(before[at] for at in both)), Series("aligned", x, tuple(after[at] for at in both))
    )  # fmt: skip
    title = {"en": "Validation loss with inputs like those of training", "zh": "评估输入与训练一致后的验证损失"}
    facts.pictures.append(Picture("curve", title, lines))
    return facts


def _losses(trace: Trace) -> Looks:
    means = ((look.iteration, look.mean("loss")) for look in main_series(trace))
    return {at: loss for at, loss in means if loss is not None}
