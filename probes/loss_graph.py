"""Is the loss given what it expects?

The graph behind the loss names its kind and the functions in front of it; the calls of torch's loss functions show
shapes and values. CrossEntropyLoss and BCEWithLogitsLoss take raw scores: with a softmax or sigmoid in front they can
not fall below a floor (1.46 with 10 classes). NLLLoss and KLDivLoss take log-probabilities, BCELoss probabilities.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from nndoctor.case import Place
from nndoctor.layers import held, last_line, near_the_loss, reached, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LossCall
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "What the loss is given", "zh": "损失函数的输入"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "loss": {"kind": "label", "unit": "", "labels": (), "says": {"en": "kind of loss", "zh": "损失函数的种类"}},
        "target_is_integer": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the targets are integers", "zh": "目标为整数"}},
        "softmax_before_cross_entropy": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "cross-entropy is given probabilities at every step", "zh": "交叉熵的输入每一步都是概率"}},
        "sigmoid_before_bce_with_logits": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "BCE-with-logits is given the output of a sigmoid", "zh": "BCE-with-logits 的输入是 sigmoid 的输出"}},
        "wrong_input": {"kind": "label", "unit": "", "says": {
            "en": "what a loss of (log-)probabilities was given instead",
            "zh": "应输入（对数）概率的损失实际得到的输入"}, "labels": (
            "none", "logits_into_nll", "probabilities_into_nll", "logits_into_kl_div", "probabilities_into_kl_div",
            "outside_unit_interval", "log_of_negative", "clipped_scores")},
        "negative": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "a loss that is never negative when used rightly was", "zh": "本应非负的损失出现了负值"}},
        "reached_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the optimizers' parameters that some watched loss reached",
            "zh": "优化器持有的参数中梯度能到达的比例"}},
    },
}  # fmt: skip
NEVER_NEGATIVE = ("cross_entropy", "nll_loss", "kl_div", "binary_cross_entropy", "binary_cross_entropy_with_logits")
ABOVE_ZERO = 1e-3
"""No logarithm of a probability is above zero by more than rounding."""


def run(bench: Bench) -> Facts:
    """Looks at the graphs, the calls and the operations of the first iterations."""
    trace = bench.trace
    calls = [call for call in trace.losses if not call.evaluating]
    failed = _outside_unit_interval(trace)
    if not trace.graphs and not calls and failed is None:
        raise CannotMeasure("no loss was computed in training")
    facts = Facts()
    if calls or trace.graphs:
        facts.put("loss", calls[-1].function if calls else trace.graphs[-1].head, calls[-1].place if calls else None)
    if calls:
        facts.put("target_is_integer", "int" in calls[-1].target.dtype, calls[-1].place)
    facts.put("softmax_before_cross_entropy", *_softmax(trace, calls))
    facts.put("sigmoid_before_bce_with_logits", *_sigmoid(trace, calls))
    wrong, place = ("outside_unit_interval", failed) if failed is not None else _wrong_input(trace, calls)
    facts.put("wrong_input", wrong, place)
    below = [call for call in calls if call.function in NEVER_NEGATIVE and (call.value or 0.0) < -ABOVE_ZERO]
    facts.put("negative", bool(below), below[0].place if below else None)
    own = [w for name, w in weights(trace).items() if name in held(trace)]
    if own and trace.graphs:
        share = sum(w.size for w in own if w.name in reached(trace)) / sum(w.size for w in own)
        facts.put("reached_share", share)
    return facts


def _by_line(calls: Iterable[LossCall], *functions: str) -> Iterator[list[LossCall]]:
    groups: Mapping[object, list[LossCall]] = defaultdict(list)
    for call in calls:
        if call.function in functions:
            groups[call.place and call.place.spot].append(call)
    return iter(groups.values())


def _softmax(trace: Trace, calls: Sequence[LossCall]) -> tuple[bool, Place | None]:
    """Whether every call of one line got probabilities; and the line of the softmax, or of the loss."""
    given = (group for group in _by_line(calls, "cross_entropy") if all(map(_takes_probabilities, group)))
    group = next(given, None)
    heads = ("nll_loss", "cross_entropy_with_probabilities")
    shown = _in_front(trace, heads, lambda before: before[:2] == ("log_softmax", "softmax"))
    if group is None and not shown:
        return False, None
    line = last_line(trace, "softmax")
    # probabilities may be made without a softmax, and then the last one is that of an attention
    if group is not None and not shown and not (line is not None and _is_near(trace, line)):
        line = group[0].place
    return True, line or (group[0].place if group else None)


def _takes_probabilities(call: LossCall) -> bool:
    return call.rows_are_probabilities and call.input.requires_grad


def _sigmoid(trace: Trace, calls: Sequence[LossCall]) -> tuple[bool, Place | None]:
    head, line = "binary_cross_entropy_with_logits", last_line(trace, "sigmoid")
    within = any(all(map(_in_unit_interval, group)) for group in _by_line(calls, head))
    found = _in_front(trace, (head,), lambda before: before[:1] == ("sigmoid",))
    return found or (within and line is not None and _is_near(trace, line)), line if found or within else None


def _in_unit_interval(call: LossCall) -> bool:
    low, high = call.input.minimum, call.input.maximum
    return low is not None and high is not None and low >= 0 and high <= 1


def _is_near(trace: Trace, line: Place) -> bool:
    return any(op.name in ("sigmoid", "softmax") and op.place == line for _, op in near_the_loss(trace))


def _in_front(trace: Trace, heads: tuple[str, ...], ill: Callable[[tuple[str, ...]], bool]) -> bool:
    """Whether all graphs of some curve with such a head have such functions in front of it."""
    curves: Mapping[int, list[bool]] = defaultdict(list)
    for graph in trace.graphs:
        if graph.head in heads:
            curves[graph.curve].append(ill(graph.before))
    return any(all(answers) for answers in curves.values())


def _wrong_input(trace: Trace, calls: Sequence[LossCall]) -> tuple[str, Place | None]:
    for group in _by_line(calls, "nll_loss", "kl_div"):
        logs = any(call.rows_are_log_probabilities or call.input.shape[1:2] == (1,) for call in group)
        if logs or max(call.input.maximum or 0.0 for call in group) < ABOVE_ZERO:
            continue
        given = "probabilities" if all(call.rows_are_probabilities for call in group) else "logits"
        line = last_line(trace, "softmax") if given == "probabilities" else None
        return f"{given}_into_{group[0].function.removesuffix('_loss')}", line or group[0].place
    for curve in {graph.curve for graph in trace.graphs}:
        ends = [graph.clipped for graph in trace.graphs if graph.curve == curve and graph.clipped is not None]
        # a probability is not clipped by more than rounding
        if ends and all(low < -ABOVE_ZERO or high > 1 + ABOVE_ZERO for low, high in ends):
            return "clipped_scores", calls[0].place if calls else trace.sites[curve].place
    # a logarithm of negative numbers may be masked afterwards: only if it comes with the first loss that is lost
    if trace.nonfinite is not None and trace.nonfinite.loss:
        for iteration, op in near_the_loss(trace):
            negative = op.takes_grad and op.lowest is not None and op.lowest < -ABOVE_ZERO
            if negative and iteration == trace.nonfinite.iteration:
                return "log_of_negative", op.place
    return "none", None


def _outside_unit_interval(trace: Trace) -> Place | None:
    """The line of a BCELoss that refused its input, if that was finite and not beyond 0..1 by rounding alone."""
    crash = trace.crash
    if crash is None or "elements of input should be between 0 and 1" not in crash.message:
        return None
    given = [one.tensor for one in crash.variables if one.name == "input" and not one.tensor.nonfinite]
    low = min((tensor.minimum or 0.0 for tensor in given), default=0.0)
    high = max((tensor.maximum or 0.0 for tensor in given), default=0.0)
    return crash.place if low < -ABOVE_ZERO or high > 1 + ABOVE_ZERO else None
