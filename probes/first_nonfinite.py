"""Which operation made the first NaN or infinity, and was it given sound numbers?

Where the loss was lost, the script is run once more up to that step, and from shortly before it every result is looked
at. What is not finite is followed from operation to operation: the -inf of a mask that a softmax takes away again is
not meant, only what spoilt the loss or a gradient. The same operation with more precision tells an overflow of the
format from mathematics that have no answer, such as the logarithm of zero.
"""

from nndoctor.nonfinite import NonfiniteSource, OperationsChecked
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Experiment: where the first NaN is made", "zh": "实验：首个 NaN 产生于何处"},
    "cost": "seconds",
    "needs": ("trace", "rerun"),
    "facts": {
        "operation": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "operation that made the first value that was not finite", "zh": "产生首个非有限值的运算"}},
        "made_in": {"kind": "label", "unit": "", "labels": ("model", "loss", "backward", "step", "given"), "says": {
            "en": "where it was made (loss: outside of any module with weights; given: nothing computed it)",
            "zh": "产生的阶段（loss：不在任何带权重的模块内；given：并非由运算产生）"}},
        "layer": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "layer in which it was made", "zh": "产生它的层"}},
        "dtype": {"kind": "label", "unit": "", "labels": (), "says": {
            "en": "number format of that value", "zh": "该值的数据类型"}},
        "from_finite_inputs": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "all that the operation was given was finite", "zh": "该运算的输入全部有限"}},
        "largest_input": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest value, in size, that it was given", "zh": "其输入的最大绝对值"}},
        "holds_with_more_precision": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the same operation is finite when computed with more precision",
            "zh": "用更高精度计算同一运算时结果有限"}},
        "has_no_answer": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "it is no overflow: the operation has no finite answer for these ordinary numbers",
            "zh": "并非溢出：对这些正常大小的输入，该运算本身没有有限的结果"}},
    },
}  # fmt: skip
FEW = 32
"""So many iterations are all looked at; of a longer run a tenth, for a rerun may lose its loss somewhat earlier."""
MORE = 10
ORDINARY = 1e4
"""Numbers up to this size are no sign of a net that has blown up; float16 ends at 6.5e4, exp in float32 at 89."""
STEEP = ("exp", "exp2", "expm1", "pow", "cosh", "sinh", "prod", "logsumexp", "lgamma")
"""Functions that overflow by ordinary numbers."""


def run(bench: Bench) -> Facts:
    """One rerun, looked at from shortly before the step at which the loss was lost."""
    lost = _lost(bench.trace)
    start = 0 if lost <= FEW else lost - 1 - lost // MORE
    source = bench.rerun(OperationsChecked(start), iterations=lost + MORE + lost // MORE).source
    if source is None:
        raise CannotMeasure("run once more, the script did not lose its loss at that step")
    facts = Facts()
    step, place = source.iteration, source.place
    facts.put("operation", source.operation, place, step=step)
    facts.put("made_in", source.phase, place, step=step)
    facts.put("dtype", source.dtype, step=step)
    facts.put("from_finite_inputs", source.from_finite, place, step=step)
    if source.layer:
        facts.put("layer", source.layer, place, step=step)
    if source.largest is not None:
        facts.put("largest_input", source.largest, step=step)
    if source.holds is not None:
        facts.put("holds_with_more_precision", source.holds, step=step)
    facts.put("has_no_answer", _has_no_answer(source), place, step=step)
    return facts


def _lost(trace: Trace) -> int:
    """The iteration at which the first loss or gradient was not finite."""
    seen = [row.index for row in trace.iterations if row.loss is None][:1]
    if trace.nonfinite is not None:
        seen.append(trace.nonfinite.iteration)
    if trace.crash is not None and "returned nan" in trace.crash.message:
        seen.append(trace.crash.iteration)
    if not seen:
        raise CannotMeasure("no loss and no gradient was seen that is not finite")
    return min(seen)


def _has_no_answer(source: NonfiniteSource) -> bool:
    """Where the computation with more precision can't be made (in place), it is taken for granted."""
    if not source.from_finite or (source.largest or 0.0) > ORDINARY:
        return False
    return not source.holds or (source.operation in STEEP and source.dtype != "float16")
