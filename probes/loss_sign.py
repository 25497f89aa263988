"""Is the error made smaller, or larger?

An optimizer lowers what goes backward. Where that is an error with its sign turned round (a minus that is one too many,
a missing one in front of a log-likelihood, an optimizer set to maximise), the network learns to be wrong. Errors
and divergences are never negative; losses that may be so by right (log-densities, rewards, ELBOs written by hand,
similarities) are not judged. Nor are trained weights whose error is raised on purpose (unlearning, attacks), nor a
generator that plays against its discriminator.
"""

from __future__ import annotations

from statistics import median

from nndoctor.case import Place
from nndoctor.curve import Curve, blind_loss, curves, main_curve
from nndoctor.layers import after_the_last_layer, held, operations, reached, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall
from nndoctor.trace import Trace
from nndoctor.yardstick import climbs, is_yardstick

CARD: Card = {
    "title": {"en": "Direction of the training", "zh": "训练的方向"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "turned_by": {"kind": "label", "unit": "", "labels": ("nothing", "minus", "no_minus", "maximize"), "says": {
            "en": "what makes the training raise an error instead of lowering it",
            "zh": "是什么使训练在增大误差而不是减小误差"}},
        "error_over_start": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "that error at the end over the same at the start", "zh": "该误差最终值与起始值之比"}},
        "began_good": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "that error began at less than half of what the best answer that ignores the input has",
            "zh": "该误差起始时不到“不看输入时的最优回答”之误差的一半"}},
        "runs_away": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "what goes backward falls below zero ever faster, to a hundred times its size at the start",
            "zh": "反向传播的量降到零以下且越降越快，已达起始值的百倍"}},
    },
}  # fmt: skip
ERRORS = ("cross_entropy", "nll_loss", "kl_div", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss",
          "l1_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss", "multi_margin_loss")  # fmt: skip
EQUAL = 1e-3
"""A loss's value and what went backward agree to so much, relatively, if one is the other."""
CHOICE = ("gather", "__getitem__", "take_along_dim", "index_select", "masked_select")
BARE = ("log_softmax", "log", "logsigmoid", "softmax", "clamp", "mean", "sum", "squeeze", "unsqueeze", "view",
        "reshape", "flatten", "size", *CHOICE)  # fmt: skip
"""What a mean log-probability of the right answer is made of, without anything that could turn it round."""
FEWEST = 3
RUNS_AWAY = 100
"""A density that sharpens on its targets falls with the logarithm of time: nets measured 3 to 10 times their start."""
LONG = 10
"""Fewer losses in a third of a run tell nothing of its course."""
GOOD = 0.5
"""A fresh net begins at the error of the blind answer, or above it."""


def run(bench: Bench) -> Facts:
    """Compares what went backward with the value of the error that it was made of."""
    trace = bench.trace
    curve = main_curve(trace)
    if curve is None or not _is_learning(trace, curve):
        raise CannotMeasure("no training of a model that a loss should lower")
    facts = Facts()
    calls = _errors(trace, curve)
    maximised = climbs(trace, curve)
    sign = 1.0 if maximised else -1.0
    turned = [call for call in calls if _is(sign, call, curve)]
    if calls and len(turned) >= FEWEST and len(turned) == len(calls):
        places = [trace.optimizers[curve.optimizer].place] if maximised else [turned[0].place, curve.place]
        facts.put("turned_by", "maximize" if maximised else "minus", *dict.fromkeys(places))
        _put_course(facts, [abs(loss) for loss in curve.losses if loss is not None], blind_loss(turned))
    elif not maximised and (place := _log_likelihood(trace, curve)) is not None:
        facts.put("turned_by", "no_minus", place, curve.place)
        _put_course(facts, [-loss for loss in curve.losses if loss is not None], None)
    else:
        facts.put("turned_by", "nothing")
    facts.put("runs_away", _runs_away(curve), curve.place)
    return facts


def _runs_away(curve: Curve) -> bool:
    losses = [loss for loss in curve.losses if loss is not None]
    third = len(losses) // 3
    if third < LONG:
        return False
    start, early, middle, late = (
        median(part) for part in (losses[:LONG], losses[:third], losses[third:-third], losses[-third:])
    )
    return late < -RUNS_AWAY * abs(start) and middle - late > early - middle > 0


def _is_learning(trace: Trace, curve: Curve) -> bool:
    """Whether it trains fresh weights of a model, and alone: no game of two, no weights that came from a file."""
    known = weights(trace)
    own = [known[name].seen for name in held(trace) & reached(trace) & known.keys()]
    fresh = [seen for seen in own if not seen.loaded and not seen.copied_from]
    return (
        len(fresh) > len(own) / 2
        and curve.optimizer in trace.optimizers
        and (is_yardstick(trace, curve) or climbs(trace, curve))
    )


def _errors(trace: Trace, curve: Curve) -> list[LossCall]:
    """Those of the iterations in which one was called only: a sum of terms tells nothing of its parts' signs."""
    within = set(curve.steps)
    own = [call for call in trace.losses if not call.evaluating and call.iteration in within]
    count: dict[int, int] = {}
    for call in own:
        count[call.iteration] = count.get(call.iteration, 0) + 1
    return [call for call in own if call.function in ERRORS and count[call.iteration] == 1 and call.value]


def _is(sign: float, call: LossCall, curve: Curve) -> bool:
    """Whether what went backward is the call's value, or its negative."""
    loss = curve.losses[curve.steps.index(call.iteration)]
    value = sign * (call.value or 0.0)
    return loss is not None and (call.value or 0.0) > 0 and abs(loss - value) <= EQUAL * abs(value)


def _log_likelihood(trace: Trace, curve: Curve) -> Place | None:
    """The line of a mean log-probability that goes backward as it is: below zero from the first loss to the last."""
    if any(loss is not None and loss > 0 for loss in curve.losses) or any(not c.evaluating for c in trace.losses):
        return None
    near = (op for step, ops in operations(trace) if step in curve.steps for op in after_the_last_layer(ops))
    own = [op for op in near if op.takes_grad]
    names = {op.name for op in own}
    logs = [op for op in own if op.name in ("log_softmax", "log", "logsigmoid")]
    if not logs or not names.issubset(BARE) or names.isdisjoint(CHOICE) or len(curves(trace)) > 1:
        return None
    return logs[-1].place


def _put_course(facts: Facts, errors: list[float], blind: float | None) -> None:
    window = max(3, len(errors) // 20)
    first, last = sorted(errors[:window])[window // 2], sorted(errors[-window:])[window // 2]
    if first > 0:
        facts.put("error_over_start", last / first)
    facts.put("began_good", blind is not None and first < GOOD * blind)
