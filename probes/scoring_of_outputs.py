"""How does the script score the outputs of its evaluations?

What becomes of the first outputs that are only looked at is followed until the next call of a model: a comparison with
the truth in which each prediction meets each truth ([N, 1] against [N]), raw scores held against 0.5 as if they were
probabilities, and the best of one (argmax, max or softmax over an axis of length 1). Each makes the number wrong that
is printed, whatever the network has learnt.
"""

from __future__ import annotations

from nndoctor.evaluating import ScoreSeen
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Scoring of the outputs", "zh": "对输出的评分方式"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "each_meets_each": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "predictions are compared with the truth in a table of N by N, each with each",
            "zh": "预测与真值按 N×N 的表两两比较"}},
        "raw_against_half": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "raw scores, for which the loss has a sigmoid in it, are held against 0.5 or rounded",
            "zh": "把未经 sigmoid 的原始分数（损失函数内含 sigmoid）与 0.5 比较或取整"}},
        "judged_otherwise_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the samples with a probability above 0.5 that are counted as no",
            "zh": "概率高于 0.5 的样本中被算作“否”的占比"}},
        "best_of_one": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the best class is asked for along an axis of length 1", "zh": "在长度为 1 的轴上取最大类别"}},
    },
}  # fmt: skip
OUTSIDE = 1e-3
"""Scores beyond 0 and 1 by more than this are no probabilities."""


def run(bench: Bench) -> Facts:
    """What was doubtful in the first looks."""
    trace, facts = bench.trace, Facts()
    if not any(one.evaluating for one in trace.passes):
        raise CannotMeasure("no outputs were seen that are only looked at")
    tables, singles = (_of(trace, how) for how in ("table", "single"))
    facts.put("each_meets_each", bool(tables), *(seen.place for seen in tables[:1]))
    facts.put("best_of_one", bool(singles), *(seen.place for seen in singles[:1]))
    halved = [seen for seen in _of(trace, "half") if seen.lowest < -OUTSIDE or seen.highest > 1 + OUTSIDE]
    raw = bool(halved) and any(call.function == "binary_cross_entropy_with_logits" for call in trace.losses)
    facts.put("raw_against_half", raw, *(seen.place for seen in halved[:1]))
    share = sum(seen.between for seen in halved) / len(halved) if raw else 0.0
    facts.put("judged_otherwise_share", share, *(seen.place for seen in halved[:raw]))
    return facts


def _of(trace: Trace, how: str) -> list[ScoreSeen]:
    return [seen for seen in trace.scores if seen.how == how]
