"""What happens to the same script if each of its training passes goes over the data three times?

The script is run once more with passes that are three times as long, schedules by epoch as they are. Almost any
training gains a little by that. One that was ended far too soon gains more than it had gained until then, on the
training data and on held-out data alike.
"""

from __future__ import annotations

from nndoctor.comparison import SPARE, changed, framed, smoothed, watched_curve
from nndoctor.curve import Curve, Level, beginning, level, same_in, scale_of
from nndoctor.data_changes import PassesRepeated
from nndoctor.evaluations import main_series
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Experiment: three times as long", "zh": "实验：训练时长变为三倍"},
    "cost": "minutes",
    "needs": ("trace", "rerun"),
    "facts": {
        "steps_over_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "how many times as many steps were made", "zh": "步数是原来的多少倍"}},
        "loss_as_is": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "loss at the end, as it is", "zh": "原样运行的最终损失"}},
        "loss_treated": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "loss at the end of the longer training", "zh": "延长训练后的最终损失"}},
        "fall_share": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "fall as it is over the fall in the longer training", "zh": "原样的损失降幅与延长后的降幅之比"}},
        "gain_of_start": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "how much lower the loss then is, relative to the loss at the start",
            "zh": "损失因此降低的幅度与起始损失之比"}},
        "gain_over_noise": {"kind": "number", "unit": "", "whole_epochs": True, "labels": (), "says": {
            "en": "the same in standard errors", "zh": "该降幅与其标准误差之比"}},
        "validation": {"kind": "label", "unit": "", "whole_epochs": True,
                       "labels": ("none", "better", "not better"), "says": {
            "en": "the validation loss after the longer training, compared with that as it is",
            "zh": "延长训练后的验证损失与原样相比"}},
    },
}  # fmt: skip
TIMES = 3
LONGER = 1.8
"""With fewer steps more than this the training was not lengthened."""
CLEARLY = 0.9
"""Below this part of the validation loss as it is counts as better."""


def run(bench: Bench) -> Facts:
    """One rerun."""
    trace, curve = bench.trace, watched_curve(bench.trace)
    ended = trace.ended
    if ended is None or ended.how == "stopped" or TIMES * ended.seconds > SPARE * bench.seconds_left():
        raise CannotMeasure("no time was left for a run three times as long")
    rerun = changed(bench, PassesRepeated(TIMES))
    longer = same_in(rerun, curve, trace)
    ratio = longer.span / curve.span if longer is not None else 0.0
    if longer is None or ratio < LONGER:
        raise CannotMeasure("the script did not train longer when it was run once more")
    start, own, treated = beginning(curve), _end(curve), _end(longer)
    if start is None or own is None or treated is None:
        raise CannotMeasure("a loss was not finite")
    facts = Facts()
    facts.put("steps_over_as_is", ratio)
    facts.put("loss_as_is", own.value, curve.place)
    facts.put("loss_treated", treated.value)
    fall, scale = start.value - treated.value, scale_of(curve, start)
    facts.put("fall_share", max(0.0, start.value - own.value) / fall if fall > 0 else 1.0, curve.place)
    facts.put("gain_of_start", (own.value - treated.value) / scale)
    noise = max((own.error**2 + treated.error**2) ** 0.5, 1e-9 * scale)
    facts.put("gain_over_noise", (own.value - treated.value) / noise)
    facts.put("validation", _validation(trace, rerun))
    title = {"en": "Loss of the longer training", "zh": "延长训练的损失"}
    facts.pictures.append(framed(title, (smoothed("as it is", curve), smoothed("three times as long", longer))))
    return facts


def _end(curve: Curve) -> Level | None:
    """The level of the last tenth; None where it ends in losses that are not finite."""
    return None if curve.losses[-1] is None else level(curve.losses[-max(5, len(curve.losses) // 10) :])


def _validation(watched: Trace, rerun: Trace) -> str:
    own, treated = _last_look(watched), _last_look(rerun)
    if own is None or treated is None:
        return "none"
    return "better" if treated < CLEARLY * own else "not better"


def _last_look(trace: Trace) -> float | None:
    losses = [loss for look in main_series(trace) if look.iteration > 0 and (loss := look.mean("loss")) is not None]
    return losses[-1] if losses else None
