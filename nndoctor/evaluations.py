"""Which calls of a model look at other data than it is trained on: validation, test, a fixed held-out batch.

Not every pass without a gradient is one: a generator that draws samples, a teacher or target network, a policy that
acts, a look back at the training batch and repeated draws of Monte-Carlo dropout are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from nndoctor.case import Place
from nndoctor.loss_calls import per_sample
from nndoctor.seen import BatchSeen
from nndoctor.trace import Pass, Trace

CLOSE = 0.05
"""A training curve whose values lie so near to those of the loss function is taken to be that loss."""

OVERLAP = 0.1
"""More of a batch's rows than this known from training: a look at training data. Crops of a text meet by chance."""
LAST = 3
"""So many looks at the end are averaged: a single one may be lucky."""
AVERAGED = 3
"""The best look is looked for among means over so many."""
FRESH = 0.3
"""Where training and held-out data are looked at by one line, so many batches are the latter."""

Key = tuple[int, int | None, tuple[str, int, int] | None]
Series = dict[Key, list[Pass]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One look at held-out data after `iteration` backward passes; consecutive passes of one kind are one look."""

    iteration: int
    passes: tuple[Pass, ...]

    @property
    def place(self) -> Place | None:
        """The line of the model's call."""
        return self.passes[0].place

    def mean(self, quantity: str) -> float | None:
        """The mean `loss` or `accuracy`, weighted by samples; None where no pass of it was scored."""
        scored = [(getattr(p, quantity), max(p.samples, 1)) for p in self.passes if getattr(p, quantity) is not None]
        return sum(value * n for value, n in scored) / sum(n for _, n in scored) if scored else None

    @property
    def samples(self) -> int:
        """How many samples were looked at."""
        return sum(p.samples for p in self.passes)


def trained(trace: Trace) -> frozenset[int]:
    """The models through which a gradient flowed in training."""
    return frozenset(p.model for p in trace.passes if not p.evaluating)


def evaluations(trace: Trace) -> tuple[Evaluation, ...]:
    """All looks at held-out data, in order; those of another model, loader or line are apart."""
    found = [
        Evaluation(iteration, tuple(passes))
        for series in _series(trace).values()
        for iteration, passes in _by_iteration(series).items()
    ]
    return tuple(sorted(found, key=lambda look: look.iteration))


def own_line(trace: Trace, place: Place | None) -> Place | None:
    """The line, unless training calls a model there too: to change it would change both."""
    shared = {one.place.spot for one in trace.passes if not one.evaluating and one.place is not None}
    return None if place is None or place.spot in shared else place


def main_series(trace: Trace) -> tuple[Evaluation, ...]:
    """The looks that tell most of the training's success: scored, most often repeated, of most samples."""
    best: tuple[Evaluation, ...] = ()
    for series in _series(trace).values():
        looks = tuple(Evaluation(iteration, tuple(passes)) for iteration, passes in _by_iteration(series).items())
        if max(_worth(looks), _worth(best)) == _worth(looks):
            best = looks
    return best


def loss_at_end(trace: Trace) -> float | None:
    """The mean held-out loss of the last looks; None where no look during the training was scored by a loss."""
    losses = [loss for look in main_series(trace) if look.iteration > 0 and (loss := look.mean("loss")) is not None]
    return fmean(losses[-LAST:]) if losses else None


def _worth(looks: tuple[Evaluation, ...]) -> tuple[int, int, int]:
    scored = sum(look.mean("loss") is not None or look.mean("accuracy") is not None for look in looks)
    return scored, len(looks), sum(look.samples for look in looks)


def _by_iteration(passes: list[Pass]) -> dict[int, list[Pass]]:
    looks: dict[int, list[Pass]] = defaultdict(list)
    for one in passes:
        looks[one.iteration].append(one)
    return dict(sorted(looks.items()))


def _series(trace: Trace) -> Series:
    """The passes on held-out data, by model, loader and line of the call."""
    able = trained(trace)
    candidates: Series = defaultdict(list)
    for one in trace.passes:
        if one.evaluating and one.model in able and not one.feeds:
            candidates[one.model, one.loader, one.place.spot if one.place is not None else None].append(one)
    used = _used(trace)
    return {key: passes for key, passes in candidates.items() if _held_out(key, passes, trace, used)}


@dataclass(frozen=True, slots=True)
class _Used:
    """What training drew on."""

    loaders: frozenset[int]
    prints: frozenset[str]


def _used(trace: Trace) -> _Used:
    loaders = {p.loader for p in trace.passes if not p.evaluating} | {
        b.loader for b in trace.batches if not b.evaluating
    }
    prints = {seen for batch in trace.batches if not batch.evaluating for seen in _prints(batch)}
    return _Used(frozenset(loader for loader in loaders if loader is not None), frozenset(prints))


def _prints(batch: BatchSeen) -> tuple[str, ...]:
    """Of each input the print of the whole, and those of its rows where they can tell samples apart."""
    return tuple(
        seen
        for tensor in batch.inputs
        for seen in (tensor.fingerprint, *(tensor.row_fingerprints if len(tensor.row_fingerprints) > 1 else ()))
        if seen
    )


def _held_out(key: Key, passes: list[Pass], trace: Trace, used: _Used) -> bool:
    model, loader = key[0], key[1]
    if loader is not None:
        return loader not in used.loaders
    own = [b for b in trace.batches if b.evaluating and b.model == model and _within(b, passes)]
    fresh = [_overlap(batch, used) <= OVERLAP for batch in own]
    if fresh and sum(fresh) < FRESH * len(fresh):
        return False
    scored = any(one.loss is not None or one.accuracy is not None for one in passes)
    return scored or _looked_at_again(own, passes) or _at_the_end(passes, trace)


def _overlap(batch: BatchSeen, used: _Used) -> float:
    prints = _prints(batch)
    return sum(seen in used.prints for seen in prints) / len(prints) if prints else 0.0


def _within(batch: BatchSeen, passes: list[Pass]) -> bool:
    return batch.loader is None and any(one.iteration == batch.iteration for one in passes)


def _at_the_end(passes: list[Pass], trace: Trace) -> bool:
    """A test after the last training step, each sample asked once."""
    last = max((row.index for row in trace.iterations), default=0)
    return any(one.iteration > last and not one.grad_enabled and one.repeats == 0 for one in passes)


def _looked_at_again(batches: list[BatchSeen], passes: list[Pass]) -> bool:
    """A fixed held-out batch: the same inputs again after more training, but not twice in a row."""
    if any(one.repeats > 0 for one in passes):
        return False
    seen: dict[str, set[int]] = defaultdict(set)
    for batch in batches:
        if batch.inputs:
            seen[batch.inputs[0].fingerprint].add(batch.iteration)
    return any(len(iterations) > 1 for iterations in seen.values())


def training_loss(trace: Trace, iteration: int) -> float | None:
    """The mean training loss of the function that scores the evaluations, over the iterations before one of them."""
    names = {call.function for call in trace.losses if call.evaluating}
    calls = {c.iteration: c for c in trace.losses if not c.evaluating and (c.function in names or not names)}
    known = {it: value for it, call in calls.items() if (value := per_sample(call)) is not None}
    since = max(0, iteration - max(20, iteration // 10))
    curve = {row.index: row.loss for row in trace.iterations if row.loss is not None}
    both = [curve[it] / known[it] for it in known if it in curve and known[it]]
    if both and max(abs(ratio / median(both) - 1) for ratio in both) < CLOSE:
        factor = median(both)
        window = [loss / factor for it, loss in curve.items() if since <= it < iteration] if factor else []
    else:
        window = [value for it, value in known.items() if since <= it < iteration]
    return fmean(window) if window else None


def levels_of(losses: Sequence[float]) -> list[float]:
    """The means over three looks in a row."""
    return [fmean(losses[n : n + AVERAGED]) for n in range(len(losses) - AVERAGED + 1)]


def best_of(losses: Sequence[float]) -> int:
    """Which look is in the middle of the three with the lowest mean; there must be three."""
    levels = levels_of(losses)
    return levels.index(min(levels)) + AVERAGED // 2
