"""The batches that training was fed, the line that feeds them, and what the model does to them first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from nndoctor.case import Place
from nndoctor.seen import BatchSeen, LoaderSeen, OpSeen, TensorSeen
from nndoctor.trace import Trace

NORMALISING = (
    "batch_norm",
    "layer_norm",
    "group_norm",
    "instance_norm",
    "rms_norm",
    "normalize",
    "local_response_norm",
)
SCALING = (
    "div", "div_", "true_divide", "__truediv__", "__rtruediv__", "mul", "mul_", "__mul__", "__rmul__", "multiply",
    "sub", "sub_", "__sub__", "log", "log1p", "log2", "log10", "sqrt", "tanh", "sigmoid", "clamp", "bucketize",
)  # fmt: skip
LOOKED_UP = ("embedding", "embedding_bag", "one_hot")
WEIGHTED = ("linear", "conv", "matmul", "mm", "bmm", "addmm", "einsum", "lstm", "gru", "rnn", "bilinear", "__matmul__")


def training_stream(trace: Trace) -> list[BatchSeen]:
    """The first training call of each iteration, of the model that gets most of what loaders draw.

    Batches from another loader than most of them are left out; without loaders it is the model called most.
    """
    streams: dict[int, dict[int, BatchSeen]] = defaultdict(dict)
    # a batch that is kept and used again still is the loader's, whatever was drawn since
    drawn_from = {_content(batch): batch.loader for batch in trace.batches if batch.loader is not None}
    for batch in trace.batches:
        if not batch.evaluating and batch.inputs and batch.inputs[0].fingerprint:
            known = replace(batch, loader=drawn_from.get(_content(batch))) if batch.loader is None else batch
            streams[batch.model].setdefault(batch.iteration, known)
    best = max(streams.values(), key=lambda s: (sum(b.loader is not None for b in s.values()), len(s)), default={})
    fed = Counter(batch.loader for batch in best.values()).most_common(1)
    return [batch for _, batch in sorted(best.items()) if batch.loader == fed[0][0]]


def _content(batch: BatchSeen) -> str:
    return "".join(tensor.fingerprint for tensor in batch.inputs)


def loader_of(trace: Trace, stream: list[BatchSeen]) -> LoaderSeen | None:
    """The loader that feeds a stream."""
    number = stream[0].loader if stream else None
    return trace.loaders.get(number) if number is not None else None


def feeding_place(trace: Trace, stream: list[BatchSeen]) -> Place | None:
    """The line that draws from the loader; without one, that of the model's call."""
    loader = loader_of(trace, stream)
    if loader is not None:
        return loader.place
    model = stream[0].model if stream else None
    return next((one.place for one in trace.passes if one.model == model and not one.evaluating), None)


def measurements(tensors: Sequence[TensorSeen], operations: Sequence[OpSeen]) -> list[TensorSeen]:
    """The tensors whose scale matters: no ids, which are whole numbers (or a lone float input) that are looked up.

    A lone number is no measurement of a sample: Hugging Face's Trainer hands models the number of items in the batch.
    """
    tensors = [tensor for tensor in tensors if tensor.shape]
    first = next((one.name for one in operations if one.name in LOOKED_UP or _weighted(one)), "embedding")
    if first not in LOOKED_UP:
        return list(tensors)
    floats = [tensor for tensor in tensors if tensor.dtype.startswith(("float", "bfloat"))]
    alone = len({tensor.path for tensor in tensors}) == 1
    return [] if alone and operations else floats


def _weighted(operation: OpSeen) -> bool:
    return operation.takes_grad or operation.name.startswith(WEIGHTED)


def rescaled_at_first(operations: Sequence[OpSeen]) -> bool:
    """Whether something changes the input's scale before it meets the first weights."""
    for operation in operations:
        if operation.name in NORMALISING or (operation.name in SCALING and not operation.takes_grad):
            return True
        if _weighted(operation):
            return False
    return False
