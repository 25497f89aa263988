"""Has the softmax anything to choose from?

Softmax shares one whole among the classes. With a single output that one gets all of it, whatever its score: the
probability is always 1, and no gradient ever comes from it. A cross-entropy of it is always 0; another loss is given
nothing but ones.
"""

from __future__ import annotations

from nndoctor.probe import Bench, CannotMeasure, Card, Facts

CARD: Card = {
    "title": {"en": "Outputs of a classifier", "zh": "分类器的输出个数"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "single_unit": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "cross-entropy is given a single score for each sample, at every step",
            "zh": "交叉熵每一步得到的都是每个样本仅一个得分"}},
        "loss_is_zero": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "and its value is 0 at every step", "zh": "并且其值每一步都是 0"}},
        "always_one": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the loss is given the softmax of a single output: exactly 1 for every sample, at every step",
            "zh": "损失函数得到的是单个输出的 softmax：每一步、每个样本都恰好为 1"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the shapes and values of all training calls of torch's losses."""
    trace, facts = bench.trace, Facts()
    training = [call for call in trace.losses if not call.evaluating]
    if not training:
        raise CannotMeasure("no loss of torch's was computed in training")
    calls = [call for call in training if call.function == "cross_entropy"]
    place = calls[0].place if calls else training[0].place
    facts.put("single_unit", bool(calls) and all(call.input.shape[1:2] == (1,) for call in calls), place)
    facts.put("loss_is_zero", bool(calls) and all(call.value == 0 for call in calls), place)
    ones = all(call.input.minimum == call.input.maximum == 1 for call in training)
    behind_softmax = bool(trace.graphs) and all(graph.before[:1] == ("softmax",) for graph in trace.graphs)
    facts.put("always_one", ones and behind_softmax, place)
    return facts
