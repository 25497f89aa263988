"""Do the axes of what the network is given come in the order that its layers want?

view() and reshape() cut memory anew, they do not turn axes: rows of (height, width, channel) read as (channel, height,
width) are a scrambled picture. In a true picture, or series, neighbours are alike; read in another order, they no
longer are. Recurrent layers and attention take their first axis for the steps unless they are told batch_first=True:
fed with samples first they run from sample to sample, and each answer is made of other samples' data.
"""

from __future__ import annotations

from collections.abc import Iterator

from nndoctor.axes import along_samples, scrambled, smooth_axes, smoothness
from nndoctor.feeding import feeding_place, training_stream
from nndoctor.layouts import AS_IS, LayoutSeen, channels_last
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import OpSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Order of the axes", "zh": "轴的顺序"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "fault": {"kind": "label", "unit": "", "says": {
            "en": "what has put axes into a wrong order", "zh": "轴顺序出错的方式"},
            "labels": ("none", "channels_last", "reshaped", "samples_as_steps", "scrambled")},
        "samples_regrouped": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a reshaping within the model cuts the axis of the samples anew",
            "zh": "模型内部的某次 reshape 重新切分了样本轴"}},
        "layout": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "order of its axes in which the input lay in memory", "zh": "输入在内存中各轴原本的顺序"}},
        "steps": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "length of the axis that those layers take for the samples", "zh": "这些层误当作样本的轴的长度"}},
        "samples": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "samples that those layers run along as if they were steps", "zh": "这些层误当作时间步的样本数"}},
        "neighbours_alike": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how alike neighbours are in the input as it comes (1 = equal, 0 = noise)",
            "zh": "当前输入中相邻值的相似程度（1 为相同，0 为噪声）"}},
        "neighbours_alike_in_order": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "how alike they are with the axes in that order", "zh": "按该顺序还原后相邻值的相似程度"}},
        "gain_in_errors": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "the difference in standard errors", "zh": "两者之差与标准误差之比"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the error, the first layers that know steps from samples, the inputs and the reshapings, in turn."""
    trace, facts = bench.trace, Facts()
    if not trace.forwards and not trace.layouts and trace.crash is None:
        raise CannotMeasure("no call of a model was watched closely")
    facts.put("layout", AS_IS)
    regrouped = next(_regroupings(trace), None)
    facts.put("samples_regrouped", regrouped is not None, regrouped.place if regrouped else None)
    if trace.crash is not None and channels_last(trace.crash.message):
        facts.put("fault", "channels_last", trace.crash.place)
    elif swapped := along_samples(trace):
        facts.put("fault", "samples_as_steps", swapped.place)
        facts.put("samples", swapped.samples, swapped.place)
        facts.put("steps", swapped.steps, swapped.place)
    elif found := scrambled(trace):
        _put_scrambled(facts, trace, *found)
    else:
        reshaping = next(_reorderings(trace), None)
        facts.put("fault", "reshaped" if reshaping else "none", reshaping.place if reshaping else None)
    return facts


def _put_scrambled(facts: Facts, trace: Trace, now: LayoutSeen, then: LayoutSeen, errors: float) -> None:
    place, axes = feeding_place(trace, training_stream(trace)), smooth_axes(trace, now)
    facts.put("fault", "scrambled", place)
    facts.put("layout", then.order, place)
    facts.put("neighbours_alike", smoothness(now, axes), place)
    facts.put("neighbours_alike_in_order", smoothness(then, axes), place)
    facts.put("gain_in_errors", errors)


def _reorderings(trace: Trace) -> Iterator[OpSeen]:
    """The reshapings whose result has the same axes in another order, in the user's own lines."""
    for seen in [*(f.operations for f in trace.forwards), *(path.operations for path in trace.loss_paths)]:
        for one in seen:
            before, after = (tuple(n for n in shape if n > 1) for shape in ((one.shapes or ((),))[0], one.result))
            if one.place is not None and before != after and len(after) > 1 and sorted(before) == sorted(after):
                yield one


def _regroupings(trace: Trace) -> Iterator[OpSeen]:
    """The reshapings in the user's own lines that are given a row for each sample, and give something else."""
    rows = {(batch.model, batch.iteration): t.shape[0] for batch in trace.batches for t in batch.inputs[:1] if t.shape}
    for forward in trace.forwards:
        samples = rows.get((forward.model, forward.iteration), 1)
        for one in forward.operations:
            before = one.shapes[0] if one.shapes else ()
            if samples > 1 and one.place and before[:1] == (samples,) and one.result and one.result[0] != samples:
                yield one
