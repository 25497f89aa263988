"""What reaches the network: the scale, type and soundness of its inputs and targets.

Weights are initialised for inputs of mean 0 and standard deviation 1. Raw pixels (0 to 255), incomes or wavelengths
make the first outputs and gradients as many times larger, and features of unequal scales can't share one learning rate
(LeCun et al., Efficient BackProp, 1998). Ids and one-hot inputs need no scaling, and a normalisation or a division at
the start of the model does it as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from nndoctor.case import Picture, Place, Series
from nndoctor.feeding import feeding_place, measurements, rescaled_at_first, training_stream
from nndoctor.images import picture_of
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import BatchSeen, TensorSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Inputs and targets as received", "zh": "模型实际收到的输入与目标"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "kind": {"kind": "label", "unit": "", "labels": ("measurements", "ids"), "says": {
            "en": "what the inputs are: measurements, or ids for an embedding",
            "zh": "输入的种类：测量值，或用于嵌入的整数编号"}},
        "largest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest absolute value of the inputs", "zh": "输入的最大绝对值"}},
        "largest_scale": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "root mean square of the largest channel or feature (1 is ideal)",
            "zh": "最大通道或特征的均方根（理想值为 1）"}},
        "largest_spread": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "standard deviation of the channel or feature that varies most (1 is ideal)",
            "zh": "变化最大的通道或特征的标准差（理想值为 1）"}},
        "scale_spread": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "scale of the largest over that of the smallest channel or feature",
            "zh": "最大与最小通道或特征的尺度之比"}},
        "offset": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest mean of a channel over its standard deviation", "zh": "通道均值与其标准差之比的最大值"}},
        "rescaled_in_model": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the model itself scales or normalises its input before its first weights",
            "zh": "模型在第一层权重之前自行缩放或归一化输入"}},
        "nonfinite_inputs": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "an input batch that the loss failed on held NaN or infinity, and none before did",
            "zh": "导致损失失效的输入批次含有 NaN 或无穷大，而此前的批次没有"}},
        "nonfinite_targets": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "the same of the targets", "zh": "目标的同一情况"}},
        "weights_were_finite": {"kind": "flag", "unit": "", "labels": (), "says": {
            "en": "all weights were finite when the first non-finite value showed",
            "zh": "首次出现非有限值时所有权重都是有限的"}},
        "targets_largest": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "largest absolute target of a regression", "zh": "回归目标的最大绝对值"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the training batches that were described in full, and at the model's first operations."""
    trace, facts = bench.trace, Facts()
    stream = training_stream(trace)
    if not stream:
        raise CannotMeasure("no training batch was seen")
    place, model = feeding_place(trace, stream), stream[0].model
    # where a policy acts many times between two updates, only its acting was described
    batches = stream if any(_told(stream)) else [batch for batch in trace.batches if batch.model == model]
    operations = next((f.operations for f in trace.forwards if f.model == model), ())
    tensors = measurements(_told(batches), operations)
    facts.put("kind", "measurements" if tensors or not any(_told(batches)) else "ids", place)
    if operations:
        facts.put("rescaled_in_model", rescaled_at_first(operations), place)
    _put_scales(facts, tensors, place)
    images = [picture_of(seen, rescaled=rescaled_at_first(operations)) for seen in trace.images if seen.model == model]
    facts.pictures = [*images[:1], *facts.pictures]
    _put_soundness(facts, trace, stream)
    return facts


def _told(batches: Sequence[BatchSeen]) -> list[TensorSeen]:
    """The inputs whose statistics were taken and that no other model made."""
    return [t for batch in batches for t in batch.inputs if t.std is not None and not t.requires_grad]


def _put_scales(facts: Facts, seen_tensors: Sequence[TensorSeen], place: Place | None) -> None:
    """The scales of the input tensor that has the largest; medians over the batches looked at."""
    tensors: dict[str, list[TensorSeen]] = {}
    for tensor in seen_tensors:
        tensors.setdefault(tensor.path, []).append(tensor)
    largest = 0.0
    for seen in tensors.values():
        channels = [median(column) for column in zip(*map(_scales, seen), strict=False)]
        if not channels or max(channels) < largest:
            continue
        largest = max(channels)
        facts.put("largest", max(max(abs(t.minimum or 0.0), abs(t.maximum or 0.0)) for t in seen), place)
        facts.put("scale_spread", largest / min([scale for scale in channels if scale > 0] or [largest or 1.0]), place)
        facts.put("offset", median(max(map(_offset, _channels(t)), default=0.0) for t in seen), place)
        x = tuple(float(number) for number in range(len(channels)))
        title = {"en": "Scale (root mean square) of each channel or feature", "zh": "各通道或特征的尺度（均方根）"}
        facts.pictures = [Picture("bars", title, (Series("scale", x, tuple(channels)),), logarithmic=True)]
    facts.put("largest_scale", largest, place, step=0)
    if seen_tensors:
        facts.put("largest_spread", max(median(map(_spread, seen)) for seen in tensors.values()), place, step=0)


def _spread(tensor: TensorSeen) -> float:
    """Of the channel that varies most; of many features none is told by itself: none can exceed half of the range."""
    return max(tensor.channel_std) if tensor.channel_std else ((tensor.maximum or 0.0) - (tensor.minimum or 0.0)) / 2


def _channels(tensor: TensorSeen) -> list[tuple[float, float]]:
    pairs = list(zip(tensor.channel_mean, tensor.channel_std, strict=True))
    return pairs or [(tensor.mean or 0.0, tensor.std or 0.0)]


def _scales(tensor: TensorSeen) -> list[float]:
    return [math.hypot(mean, std) for mean, std in _channels(tensor)]


def _offset(channel: tuple[float, float]) -> float:
    mean, std = channel
    return abs(mean) / std if std > 0 else 0.0


def _put_soundness(facts: Facts, trace: Trace, stream: list[BatchSeen]) -> None:
    """Whether the step at which the loss failed was fed NaN or infinity for the first time."""
    failed, place = trace.nonfinite, feeding_place(trace, stream)
    inputs = failed is not None and failed.inputs and not _harmless(trace, failed.iteration)
    when = None if failed is None else failed.iteration
    facts.put("nonfinite_inputs", inputs, place, step=when)
    borne = failed is not None and any(
        call.target.nonfinite and call.iteration < failed.iteration and call.value is not None for call in trace.losses
    )
    facts.put("nonfinite_targets", failed is not None and failed.targets and not borne, place, step=when)
    facts.put("weights_were_finite", failed is None or not failed.parameters)
    numbers = [call.target for call in trace.losses if not call.evaluating and call.accuracy is None]
    sizes = [max(abs(t.minimum or 0.0), abs(t.maximum or 0.0)) for t in numbers if t.std is not None]
    if sizes:
        facts.put("targets_largest", max(sizes))


def _harmless(trace: Trace, iteration: int) -> bool:
    """Infinities that the loss bore before, or those of an attention mask: nothing but 0 and -inf."""
    bad = [(b.iteration, t) for b in trace.batches if not b.evaluating for t in b.inputs if t.nonfinite]
    before = any(at < iteration for at, _ in bad)
    now = [tensor for at, tensor in bad if at == iteration]
    return before or (bool(now) and all(t.minimum == t.maximum == 0 for t in now))
