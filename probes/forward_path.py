"""Is the way from the weights to the loss whole?

The operations of the first iterations are noted one by one. Where a tensor that needs a gradient goes in and a
floating tensor without one comes out, the way is cut: detach(), .data, .numpy(), .item(), torch.tensor(...) of a
tensor, a no_grad block; a rounding is as good as a cut, for its derivative is zero. Most cuts are meant (a fake batch
for the discriminator, a target, a state carried on): only weights that an optimizer holds, that lie behind a cut, and
that never got a gradient nor moved at any watched step, count as cut off.
"""

from collections.abc import Iterator

from nndoctor.layers import held, learning, operations, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import OpSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "The way from the weights to the loss", "zh": "从权重到损失的通路"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "cuts": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "lines of user code that cut the graph, for whatever purpose",
            "zh": "切断计算图的代码行数（无论目的）"}},
        "cut_off": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "weights that the optimizer should train lie behind a cut and never get a gradient",
            "zh": "优化器应训练的权重位于切断处之前，始终得不到梯度"}},
        "cut_off_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the optimizers' trainable numbers that are cut off",
            "zh": "被切断的参数占可训练参数的比例"}},
        "cut_off_by_layer": {"kind": "by_layer", "unit": "", "labels": (), "says": {
            "en": "size of each parameter cut off", "zh": "每个被切断的参数的大小"}},
        "cut_by": {"kind": "label", "unit": "", "says": {"en": "what cuts them off", "zh": "切断的方式"}, "labels": (
            "no_grad", "detach", "leaving_torch", "rounding", "other")},
        "cut_before_loss": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "they are cut off behind the models, on the way from the output to the loss",
            "zh": "切断处在模型之外，即从输出到损失的路上"}},
    },
}  # fmt: skip
WAYS = {
    "detach": "detach",
    "detach_": "detach",
    "data": "detach",
    "numpy": "leaving_torch",
    "item": "leaving_torch",
    "tolist": "leaving_torch",
    "tensor": "leaving_torch",
    "as_tensor": "leaving_torch",
    "new_tensor": "leaving_torch",
    "__array__": "leaving_torch",
    "__float__": "leaving_torch",
}


def run(bench: Bench) -> Facts:
    """Finds the cuts, and which of them leave weights without a gradient."""
    trace = bench.trace
    if not trace.forwards and not trace.loss_paths and not trace.passes:
        raise CannotMeasure("no operations of a training were seen")
    if not trace.graphs:
        raise CannotMeasure("no backward pass was watched")
    cuts = [*_cuts(trace), *_unheard_models(trace)]
    off = _cut_off(trace, cuts)
    guilty = [cut for cut in cuts if not off.keys().isdisjoint(cut.behind)]
    known = weights(trace)
    total = sum(known[name].size for name in held(trace) if name in known and known[name].seen.trainable)
    places = list(dict.fromkeys(cut.place for cut in guilty))
    facts = Facts()
    facts.put("cuts", float(len({cut.place for cut in cuts})))
    facts.put("cut_off", bool(off), *places[:3])
    facts.put("cut_off_share", sum(off.values()) / total if total else 0.0, *places[:3])
    facts.put("cut_off_by_layer", off, *places[:3])
    if guilty:
        facts.put("cut_by", _way(guilty[0]), places[0])
        within = [op for forward in trace.forwards for op in forward.operations]
        facts.put("cut_before_loss", not any(cut in within for cut in guilty), places[0])
    return facts


def _cuts(trace: Trace) -> Iterator[OpSeen]:
    return (op for _, seen in operations(trace) for op in seen if op.behind)


def _unheard_models(trace: Trace) -> Iterator[OpSeen]:
    """Models called without gradient only, whose output a model in training takes: each call of them is a cut."""
    trained = [batch for batch in trace.batches if not batch.evaluating]
    taken = {tensor.fingerprint for batch in trained for tensor in batch.inputs if tensor.fingerprint}
    heard = {one.model for one in trace.passes if one.grad_enabled}
    given = {b.model for b in trace.batches if b.output is not None and b.output.fingerprint in taken} - heard
    for number in given:
        place = next((one.place for one in trace.passes if one.model == number), None)
        names = tuple(name for name, weight in weights(trace).items() if weight.model == number)
        yield OpSeen("call", place, takes_grad=True, gives_grad=False, grad_mode=False, floating=True, behind=names)


def _cut_off(trace: Trace, cuts: list[OpSeen]) -> dict[str, float]:
    """The parameters behind a cut that nothing ever trains, with their sizes.

    Weights from a file or a copy of a model that was trained before are passed over: they are left alone on purpose.
    """
    off = (held(trace) - learning(trace)).intersection(name for cut in cuts for name in cut.behind)
    return {
        name: float(weight.size)
        for name, weight in weights(trace).items()
        if name in off and weight.seen.trainable and not weight.seen.loaded and not weight.seen.copied_from
    }


def _way(cut: OpSeen) -> str:
    if not cut.grad_mode:
        return "no_grad"
    if cut.gives_grad:
        return "rounding"
    return WAYS.get(cut.name, "other")
