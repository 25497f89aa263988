"""Is there anything between the weighted layers but sums?

Linear and convolutional layers one after another, with nothing but reshaping, averaging, dropout or batch normalisation
between, amount to one such layer: however many there are, only straight lines and planes can be drawn. The operations
of the trained model's first forwards are gone through from the first weighted one to the last; what comes after, a
softmax or sigmoid for the loss, bends no boundary.
"""

from __future__ import annotations

from collections.abc import Sequence

from nndoctor.case import Place
from nndoctor.layers import held, weights
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import OpSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Nonlinearity between layers", "zh": "层与层之间的非线性"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "affine": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the trained model's layers amount to a single linear one",
            "zh": "被训练模型的各层合起来只相当于一个线性层"}},
        "layers": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "linear and convolutional layers in that model", "zh": "该模型中线性层和卷积层的个数"}},
        "narrowest_over_ends": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "narrowest width between the layers over the smaller of input and output width",
            "zh": "层间最窄宽度与输入、输出宽度中较小者之比"}},
    },
}  # fmt: skip
WEIGHTED = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
SUMS = (
    "flatten", "view", "reshape", "permute", "transpose", "movedim", "squeeze", "unsqueeze", "contiguous", "t", "T",
    "cat", "stack", "chunk", "split", "__getitem__", "expand", "repeat", "to", "float", "clone", "mean", "sum",
    "dropout", "dropout1d", "dropout2d", "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
    "batch_norm", "add", "add_", "sub", "sub_", "__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "rsub",
)  # fmt: skip
SCALES = ("mul", "mul_", "div", "div_", "__mul__", "__rmul__", "__truediv__")
"""Sums too, where the other factor is a number."""


def run(bench: Bench) -> Facts:
    """Looks at the model whose parameters are trained and that weighs most, in every watched forward."""
    trace = bench.trace
    found = [ops for model in _trained(trace) if (ops := _between(trace, model))]
    if not found:
        raise CannotMeasure("no forward of a trained model with several layers was watched")
    facts, forwards = Facts(), max(found, key=lambda ops: len(ops[0]))
    layers = [op for op in forwards[0] if op.name in WEIGHTED]
    places: list[Place | None] = list(dict.fromkeys(op.place for op in layers))[:3]
    facts.put("affine", all(_is_sum(op) for ops in forwards for op in ops), *places)
    facts.put("layers", float(len(layers)), *places)
    ends = min(layers[0].shapes[1][1], layers[-1].shapes[1][0])
    facts.put("narrowest_over_ends", min(op.shapes[1][0] for op in layers[:-1]) / max(1, ends))
    return facts


def _trained(trace: Trace) -> set[int]:
    return {weight.model for name, weight in weights(trace).items() if name in held(trace)}


def _between(trace: Trace, model: int) -> list[Sequence[OpSeen]]:
    """For each watched forward the operations from its first weighted one to its last, where there are two or more."""
    found: list[Sequence[OpSeen]] = []
    for forward in trace.forwards:
        at = [n for n, op in enumerate(forward.operations) if op.name in WEIGHTED and len(op.shapes) > 1]
        if forward.model == model and len(at) > 1:
            found.append(forward.operations[at[0] : at[-1] + 1])
    return found


def _is_sum(op: OpSeen) -> bool:
    return op.name in WEIGHTED or op.name in SUMS or (op.name in SCALES and len(op.shapes) < 2)
