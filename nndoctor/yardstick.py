"""Whether a loss is a yardstick at all: a lower one means a better net."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from nndoctor.curve import Curve, curves, loss_calls
from nndoctor.seen import ModelSeen
from nndoctor.trace import Trace

TAKES_TURNS = 0.2
"""Another curve of another optimizer within the same stretch, with this share of the steps, is an opponent."""
ACTS_ON = 1 / 8
"""A policy acts on batches this much smaller, or less, than those it learns from."""
SWINGS = 0.02
"""Two actor-critics measured 0.15 and 0.03 changes of sign a step, a variational autoencoder none in 768 steps."""


def is_yardstick(trace: Trace, curve: Curve) -> bool:
    """Whether a lower loss means a better net: not where nets are trained against each other, nor where one acts.

    A GAN's losses stand still when all goes well; a policy's loss rises with its success (Achiam, Spinning Up: "loss
    function ... means nothing" of policy gradients).
    """
    moved = climbs(trace, curve) or _chases_itself(trace, curve) or _has_opponent(trace, curve)
    return not (moved or _acts(trace, curve) or _swings_about_zero(curve))


def climbs(trace: Trace, curve: Curve) -> bool:
    """Whether its optimizer was told to maximise: then the loss is no loss, and should rise."""
    return curve.optimizer in trace.optimizers and any(g.maximize for g in trace.optimizers[curve.optimizer].groups)


def _swings_about_zero(curve: Curve) -> bool:
    """Whether the loss changes its sign all the time, as an advantage times a log-probability does: it has no floor.

    A log-likelihood that falls below zero crosses it once, with some noise about the place.
    """
    finite = [loss for loss in curve.losses if loss]
    crossings = sum((one < 0) != (other < 0) for one, other in pairwise(finite))
    return crossings > SWINGS * len(finite)


def _chases_itself(trace: Trace, curve: Curve) -> bool:
    """Whether the targets are made of outputs of the net in training, or of one built like it that follows it.

    So are the values of a policy in the next state (Sutton & Barto, Reinforcement Learning, 11.3: bootstrapping), and
    what a slow copy of the net gives: such a loss rises when the targets move, and lies lowest where all stands still.
    """
    trained = {p.model for p in trace.passes if not p.evaluating}
    builds = {_build(trace.models[model]) for model in trained if model in trace.models}
    within = range(curve.steps[0], curve.steps[-1] + 1)
    makers = {call.made_by for call in trace.losses if not call.evaluating and call.iteration in within}
    return any(maker in trained or _build(trace.models[maker]) in builds for maker in makers if maker in trace.models)


def _build(model: ModelSeen) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple((one.name, one.shape) for one in model.parameters)


def _has_opponent(trace: Trace, curve: Curve) -> bool:
    within = range(curve.steps[0], curve.steps[-1] + 1)
    return any(
        other.optimizer != curve.optimizer
        and sum(step in within for step in other.steps) >= TAKES_TURNS * len(curve.steps)
        for other in curves(trace)
    )


def _acts(trace: Trace, curve: Curve) -> bool:
    """Whether the trained model itself is called again and again on small batches that no loader gave."""
    calls: Mapping[bool, list[tuple[int, int]]] = {True: [], False: []}
    stretches = 0
    trained = {p.model for p in trace.passes if not p.evaluating}
    for one in trace.passes:
        if one.model in trained and (not one.evaluating or one.loader is None):
            calls[one.evaluating].append((one.calls, one.samples))
            stretches += one.evaluating
    looks, looked = (sum(column) for column in zip(*calls[True], strict=True)) if calls[True] else (0, 0)
    learns, learned = (sum(column) for column in zip(*calls[False], strict=True)) if calls[False] else (1, 1)
    custom, rows = not loss_calls(trace, curve), len(trace.iterations)
    if custom and learns >= 4 * rows and learned <= 2 * learns:
        return True  # the gradient goes back through the acting itself: one step of the game a call
    if custom and looks >= 3 * learns and stretches >= rows / 3:
        return True  # a stretch of the game before every backward
    small = looks and looked / looks <= ACTS_ON * learned / max(1, learns)
    return bool(small and looks >= learns / 2 and (custom or stretches >= rows / 3))
