"""May the network see the very tokens that it is to foretell?

A language model is given tokens and is to say, at each place, which comes next. At the first training step a copy of
it, in evaluation mode, is given its batch with one token exchanged, at several places in turn. The answer one place
earlier must stay: that token is what it is asked for. Where it changes, there is no need to learn more than to copy.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nndoctor.feeding import feeding_place, training_stream
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Replica, Step, replayed

CARD: Card = {
    "title": {"en": "Experiment: another next token", "zh": "实验：换掉下一个词元"},
    "cost": "seconds",
    "needs": ("trace", "rerun", "model", "batch", "loss"),
    "facts": {
        "asked_for_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the targets that are the next token of the input",
            "zh": "目标恰为输入中下一个词元的比例"}},
        "seen_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of those whose answer changes when that token does",
            "zh": "换掉该词元后，其预测随之变化的比例"}},
    },
}  # fmt: skip
LOOKED_AT = 8
FEWEST = 4
NEXT = 0.9
CHANGED = 1e-3
"""Of the spread of the answers."""


def run(bench: Bench) -> Facts:
    """One rerun, to the first step that trained."""
    trace, facts = bench.trace, Facts()
    stream = training_stream(trace)
    if not stream:
        raise CannotMeasure("no training batch was seen")
    at = stream[0].iteration
    measured = replayed(bench, looked_ahead, at)
    models = [seen.place for number, seen in trace.models.items() if number == stream[0].model]
    for name, value in measured.items():
        facts.put(name, value, *models, feeding_place(trace, stream), step=at)
    return facts


def looked_ahead(step: Step) -> Mapping[str, float]:
    """How many targets are the next token, and of how many of these the answer knows it."""
    replica = step.replica()
    replica.model.eval()
    path, axis, share = _asked_for(replica)
    tokens = replica.inputs[path]
    with torch.no_grad():
        answers = _by_place(replica.output(seed=0), tokens, axis)
        if not torch.equal(answers, _by_place(replica.output(seed=1), tokens, axis)):
            raise CannotMeasure("the model draws random tokens in evaluation mode too")
        spread = (answers - answers.mean((0, 1))).abs().mean().item()
        seen, length = [], tokens.shape[axis]
        for place in range(1, length, max(1, length // LOOKED_AT)):
            changed = tokens.clone().movedim(axis, 1)
            changed[:, place] = changed[:, place].roll(1)
            differs = changed[:, place] != tokens.movedim(axis, 1)[:, place]
            if bool(differs.any()):
                other = _by_place(replica.output({path: changed.movedim(1, axis).contiguous()}), tokens, axis)
                moved = (other - answers)[:, place - 1].abs().amax(-1) > CHANGED * spread
                seen.append(moved[differs].double().mean().item())
    if len(seen) < FEWEST:
        raise CannotMeasure("the sequences of the batch are alike, or too short")
    return {"asked_for_share": share, "seen_share": sum(seen) / len(seen)}


def _asked_for(replica: Replica) -> tuple[str, int, float]:
    """The input whose next tokens are the targets, along which of its two axes, and what share of them."""
    target = replica.target
    found = []
    for path, tokens in replica.inputs.items():
        whole_numbers = target is not None and not target.is_floating_point() and not tokens.is_floating_point()
        if target is None or not whole_numbers or tokens.dim() != 2:
            continue
        for axis in (0, 1):
            following = tokens.narrow(axis, 1, tokens.shape[axis] - 1)
            whole, short = target.numel() == tokens.numel(), target.numel() == following.numel()
            if not (whole or short) or tokens.shape[axis] <= FEWEST:
                continue
            shaped = target.reshape(tokens.shape if whole else following.shape)
            asked = shaped.narrow(axis, 0, following.shape[axis])
            # where the token stays the same, as in padding, the next one can't be told from this one
            counted = (asked >= 0) & (following != tokens.narrow(axis, 0, following.shape[axis]))
            if len(set(following[counted].tolist())) >= FEWEST:
                share = (asked == following)[counted].double().mean().item()
                found += [(path, axis, share)] if share >= NEXT else []
    if len(found) != 1:
        raise CannotMeasure("the targets are not the next tokens of one of the inputs")
    return found[0]


def _by_place(output: Tensor, tokens: Tensor, axis: int) -> Tensor:
    """The answers as (sequences, places, classes)."""
    if output.dim() == 2 and len(output) == tokens.numel():
        output = output.reshape(*tokens.shape, -1)
    if output.dim() != 3 or output.shape[:2] != tokens.shape:
        raise CannotMeasure("the model's output has not one row for each of those tokens")
    return output.movedim(axis, 1)
