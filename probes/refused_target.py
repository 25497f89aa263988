"""Why did the loss refuse its target?

CrossEntropyLoss wants the number of the class, whole (Long) and one for each sample: shape (N,), or (N, d1, ...) beside
scores of (N, C, d1, ...); or probabilities of the same shape as the scores, floating. The losses of yes and no
(BCELoss, BCEWithLogitsLoss) and those of numbers (MSELoss) want targets of the shape and type of the predictions. What
the loss that failed was given is held against that.
"""

from __future__ import annotations

from nndoctor.loss_calls import SEVERAL, is_binary, row_sum
from nndoctor.probe import Bench, Card, Facts
from nndoctor.seen import TensorSeen
from nndoctor.trace import Crash

CARD: Card = {
    "title": {"en": "The target that the loss refused", "zh": "损失函数拒绝的目标"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "misfit": {"kind": "label", "unit": "", "says": {
            "en": "how the target fails to fit the loss", "zh": "目标与损失函数不符的方式"}, "labels": (
            "none", "number_for_classes", "beyond_zero_and_one", "several_classes", "not_whole", "whole_probabilities",
            "not_floating", "column", "class_axis", "shape")},
        "predictions": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "shape and type of the predictions", "zh": "预测的形状与类型"}},
        "target": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "shape and type of the target", "zh": "目标的形状与类型"}},
    },
}  # fmt: skip
YES_OR_NO = ("must be the same as input size", "Using a target size")
"""What the binary cross-entropies say of another shape; all other losses of numbers broadcast."""
SAID = {
    "elements of target should be between 0 and 1": "beyond_zero_and_one",
    "expected target dtype to be": "not_whole",
    "expected scalar type Long": "not_whole",
    "Expected floating point type for target": "whole_probabilities",
    "can't be cast to the desired output type": "not_floating",
    "Found dtype": "not_floating",
    "Integral inputs": "not_floating",
    "multi-target not supported": "column",
    "only batches of spatial targets": "column",
    "xpected target size": "class_axis",
    "xpected input batch_size": "shape",
    "must match the size": "shape",
    "size mismatch": "shape",
}


def run(bench: Bench) -> Facts:
    """Reads the message, and the shapes among the variables of the loss function that failed."""
    crash, facts = bench.trace.crash, Facts()
    if crash is None or crash.phase not in ("loss", "backward"):
        facts.put("misfit", "none")
        return facts
    given = {named.name: named.tensor for named in reversed(crash.variables)}
    output, target = given.get("input"), given.get("target")
    facts.put("misfit", _misfit(crash, output, target), crash.place, step=crash.iteration)
    for name, tensor in (("predictions", output), ("target", target)):
        if tensor is not None:
            facts.put(name, f"{tensor.shape} {tensor.dtype}", crash.place)
    return facts


def _misfit(crash: Crash, output: TensorSeen | None, target: TensorSeen | None) -> str:
    if any(words in crash.message for words in YES_OR_NO):
        return "number_for_classes" if _is_one_number_each(output, target) else "shape"
    found = next((misfit for words, misfit in SAID.items() if words in crash.message), "none")
    if found in ("whole_probabilities", "column") and _name_several(output, target):
        return "several_classes"
    # in backward only a type can be refused: sizes are those of some function there
    return found if crash.phase == "loss" or found in ("not_floating", "not_whole") else "none"


def _is_one_number_each(output: TensorSeen | None, target: TensorSeen | None) -> bool:
    """Whether there are several outputs for each sample, and one number to hold against them."""
    if output is None or target is None or len(output.shape) < 2:
        return False
    several = output.shape[1] > 1
    return several and target.shape in ((output.shape[0], *output.shape[2:]), (output.shape[0], 1, *output.shape[2:]))


def _name_several(output: TensorSeen | None, target: TensorSeen | None) -> bool:
    """Whether rows of zeros and ones, as wide as those of the scores, have more than one 1: no one class is meant."""
    if output is None or target is None or len(target.shape) < 2 or output.shape != target.shape:
        return False
    return is_binary(target) and row_sum(target) > SEVERAL
