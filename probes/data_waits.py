"""How much of its time does the training loop spend waiting for data?

The loop stands still from the moment it asks the loader for a batch until it has it. What is told is the share of
that in the time of a step, and the wait for one sample, in the best quarter of the run: a busy machine, or workers
that start, make some waits long, but not those of every quarter. By as much as such a machine stretches the rest of the
loop over its own computing, the wait for a sample is shortened. On a GPU a wait costs nothing as long as work is
queued there, so the GPU is asked whether it had run out of work.
"""

from __future__ import annotations

from nndoctor.burden import LoaderWaits, WaitWindow
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.seen import LoaderSeen
from nndoctor.trace import Trace

CARD: Card = {
    "title": {"en": "Waiting for data", "zh": "等待数据的时间"},
    "cost": "free",
    "needs": ("trace",),
    "facts": {
        "share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the time of a step that is spent waiting for its batch, in the best quarter of the run",
            "zh": "每一步中用于等待批次的时间占比（取全程四段中最好的一段）"}},
        "seconds_a_sample": {"kind": "number", "unit": "s", "labels": (), "says": {
            "en": "wait for one sample, in the best quarter of the run, on a machine that does nothing else",
            "zh": "等待一个样本的时间（取全程四段中最好的一段，并折算为机器空闲时）"}},
        "batches": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "batches that were waited for", "zh": "统计的批次数"}},
        "workers": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "worker processes of the loader (0: the training loop loads by itself)",
            "zh": "数据加载器的工作进程数（0 表示由训练循环自己加载）"}},
        "idle_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the waits at whose end the device had nothing left to do (1 on a CPU)",
            "zh": "等待结束时设备已无事可做的比例（CPU 上为 1）"}},
    },
}  # fmt: skip


def run(bench: Bench) -> Facts:
    """Looks at the loader that feeds the training; of several at the one that is waited for longest."""
    trace = bench.trace
    waits = [one for one in (trace.burden.waits if trace.burden else ()) if one.windows]
    feeding = {one.loader for one in trace.passes if not one.evaluating and one.loader is not None}
    waits = [one for one in waits if one.loader in feeding]
    if not waits:
        raise CannotMeasure("no loader fed the training for long enough")
    facts, longest = Facts(), max(waits, key=_waited)
    _put(facts, longest, trace)
    return facts


def _waited(one: LoaderWaits) -> float:
    return sum(window.waited for window in one.windows)


def _put(facts: Facts, waits: LoaderWaits, trace: Trace) -> None:
    loader = trace.loaders.get(waits.loader)
    place = loader.place if loader is not None else None
    facts.put("share", min(map(_share, waits.windows)), place)
    batch = _batch(loader)
    seconds = [one.waited / one.stretched / max(1, one.samples, one.draws * batch) for one in waits.windows]
    facts.put("seconds_a_sample", min(seconds), place)
    facts.put("batches", sum(one.draws for one in waits.windows))
    if loader is not None:
        facts.put("workers", loader.workers, place)
    asked = [one.idle for one in waits.windows if one.idle is not None]
    cuda = any(parameter.device == "cuda" for model in trace.models.values() for parameter in model.parameters)
    if asked or not cuda:
        facts.put("idle_share", min(asked) if cuda else 1.0)


def _batch(loader: LoaderSeen | None) -> float:
    """Samples of a batch as the loader says, whose batches may be no tensors."""
    if loader is None:
        return 1.0
    if loader.batch_size or not loader.draws:
        return float(loader.batch_size or 1)
    return (loader.length or 1) * loader.iterators / loader.draws


def _share(window: WaitWindow) -> float:
    total = window.waited + window.busy
    return window.waited / total if total else 0.0
