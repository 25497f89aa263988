"""The batches that training was fed, and the line that feeds them."""

from __future__ import annotations

from collections import Counter, defaultdict

from nndoctor.case import Place
from nndoctor.seen import BatchSeen, LoaderSeen
from nndoctor.trace import Trace


def training_stream(trace: Trace) -> list[BatchSeen]:
    """The first training call of each iteration, of the model that gets most of what loaders draw.

    Batches from another loader than most of them are left out; without loaders it is the model called most.
    """
    streams: dict[int, dict[int, BatchSeen]] = defaultdict(dict)
    for batch in trace.batches:
        if not batch.evaluating and batch.inputs and batch.inputs[0].fingerprint:
            streams[batch.model].setdefault(batch.iteration, batch)
    best = max(streams.values(), key=lambda s: (sum(b.loader is not None for b in s.values()), len(s)), default={})
    fed = Counter(batch.loader for batch in best.values()).most_common(1)
    return [batch for _, batch in sorted(best.items()) if batch.loader == fed[0][0]]


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
