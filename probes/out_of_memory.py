"""What filled the GPU when its memory ran out?

torch's message tells what was asked for, what was free, and who had the rest: tensors of this process, memory that
torch holds in pieces too small to use, and other processes. The weights, their gradients and the optimizer's states are
added up from what was seen of them. All shares are of the GPU's capacity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from nndoctor.memory_message import read
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import ModelSeen, ParameterSeen
from nndoctor.trace import Crash, Trace

CARD: Card = {
    "title": {"en": "What filled the GPU's memory", "zh": "显存被什么占满"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "request_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory that was asked for", "zh": "申请的显存占比"}},
        "allocated_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of this process's tensors", "zh": "本进程张量占用的显存比例"}},
        "unallocated_over_request": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory that torch holds but can't use, over what was asked for",
            "zh": "已保留但无法利用的显存与申请量之比"}},
        "unallocated_of_reserved": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "its share of all that torch holds", "zh": "它在 PyTorch 保留的全部显存中的占比"}},
        "foreign_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of other processes", "zh": "其他进程占用的显存比例"}},
        "foreign_over_request": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "memory of other processes, over what was asked for", "zh": "其他进程占用的显存与申请量之比"}},
        "states_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "what weights, gradients and optimizer states need", "zh": "权重、梯度与优化器状态所需的显存比例"}},
        "left_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "what came to be held since the first of several models alike was called, each after the one before",
            "zh": "自多个相同模型中的第一个被调用以来（逐个接替）新增占用的显存比例"}},
        "models_alike": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "models alike that were trained one after the other", "zh": "先后训练的相同模型的个数"}},
        "steps_before": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "backward passes before it", "zh": "此前完成的反向传播次数"}},
        "graphs_waiting": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "calls of models with a graph since the last backward pass",
            "zh": "自上次反向传播以来带计算图的模型调用次数"}},
    },
}  # fmt: skip
STATES = {"Adam": 2, "AdamW": 2, "NAdam": 2, "RAdam": 2, "Adamax": 2, "Adadelta": 2, "Adagrad": 1, "RMSprop": 1}
"""Tensors of the size of a weight that an optimizer keeps of it; SGD one, with momentum."""
BYTES = {"float64": 8, "int64": 8, "float32": 4, "int32": 4, "float16": 2, "bfloat16": 2}


def run(bench: Bench) -> Facts:
    """Puts torch's own numbers beside what was seen of the models."""
    trace, crash = bench.trace, bench.trace.crash
    said = read(crash.message) if crash is not None else None
    if crash is None or said is None:
        raise CannotMeasure("torch did not say that a GPU's memory ran out")
    facts = Facts()
    facts.put("request_share", said.tried / said.capacity, crash.place, step=crash.iteration)
    facts.put("allocated_share", said.allocated / said.capacity)
    facts.put("unallocated_over_request", said.unallocated / said.tried)
    facts.put("unallocated_of_reserved", said.unallocated / max(1.0, said.allocated + said.unallocated))
    foreign = max(said.foreign, _listed(trace))
    facts.put("foreign_share", foreign / said.capacity)
    facts.put("foreign_over_request", foreign / said.tried)
    facts.put("states_share", _states(trace, crash) / said.capacity, *(one.place for one in trace.models.values()))
    facts.put("steps_before", crash.iteration)
    waiting = [one for one in trace.passes if one.evaluating and one.iteration >= crash.iteration]
    facts.put("graphs_waiting", sum(one.calls for one in waiting if one.output_requires_grad))
    alike = _alike(trace)
    facts.put("models_alike", len(alike), *(model.place for model in alike[-1:]))
    facts.put("left_share", max(0.0, _held_at_first(trace, alike)) / said.capacity)
    return facts


def _listed(trace: Trace) -> float:
    """What the driver says that other processes have; before torch 2.1 its message did not tell."""
    gpu = trace.burden.gpu if trace.burden is not None else None
    return float(gpu.others or 0) if gpu is not None else 0.0


def _states(trace: Trace, crash: Crash) -> float:
    """Weights on the GPU, a gradient for each that is trained, and what the optimizers keep."""
    known = {f"{m.model}:{p.name}": p for m in trace.models.values() for p in m.parameters if not p.known_as}
    total = sum(_bytes(one) * (1 + one.trainable) for one in known.values() if one.device == "cuda")
    total = max(total, crash.settings.get("parameter_bytes", 0.0))
    for optimizer in trace.optimizers.values():
        for group in optimizer.groups:
            kept = STATES.get(optimizer.kind, int(group.momentum > 0))
            total += kept * sum(_bytes(known[name]) for name in group.parameters if name in known)
    return total


def _bytes(one: ParameterSeen) -> float:
    return math.prod(one.shape) * float(BYTES.get(one.dtype, 4))


def _alike(trace: Trace) -> list[ModelSeen]:
    """The models of one kind, each called for the last time before the next was called first."""
    kinds: dict[object, list[ModelSeen]] = {}
    for model in trace.models.values():
        kinds.setdefault((model.kind, tuple(one.shape for one in model.parameters)), []).append(model)
    most = max(kinds.values(), key=len, default=[])
    spans = [list(_iterations(trace, model)) for model in most]
    apart = all(one and other and max(one) <= min(other) for one, other in pairwise(spans))
    return most if apart else most[:1]


def _iterations(trace: Trace, model: ModelSeen) -> Iterator[int]:
    return (one.iteration for one in trace.passes if one.model == model.model)


def _held_at_first(trace: Trace, alike: list[ModelSeen]) -> float:
    """How much more CUDA memory was held at the first call of the last of them than at that of the first."""
    firsts = [[one.cuda_bytes[0] for one in trace.passes if one.model == model.model] for model in alike]
    return float(firsts[-1][0] - firsts[0][0]) if len(firsts) > 1 and firsts[0] and firsts[-1] else 0.0
