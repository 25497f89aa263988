"""Do the program's own autograd functions give the gradient of what they compute?

At the first step that goes through them each is called again on a copy of what it was given, in double precision, with
one number a little larger and a little smaller; the change of its result, by that difference, is the true gradient. It
is held against what its backward gives. Numbers at which the result does not change, or has a kink, are left out, and
so are functions that hand their input on: a straight-through estimator, a reversed or a clipped gradient are meant so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import torch
from torch import Tensor

from nndoctor.case import Place
from nndoctor.probe import Bench, CannotMeasure, Card, Facts
from nndoctor.replica import Function, Step, replayed

CARD: Card = {
    "title": {"en": "Experiment: gradients by finite differences", "zh": "实验：用有限差分核对梯度"},
    "cost": "seconds",
    "needs": ("trace", "rerun", "model"),
    "facts": {
        "wrong_share": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "share of the gradient's numbers that its backward has wrong by more than a tenth",
            "zh": "其 backward 给出的梯度中误差超过十分之一的比例"}},
        "error": {"kind": "number", "unit": "", "labels": (), "says": {
            "en": "median error of that gradient, relative to the true one", "zh": "该梯度相对真实梯度的误差中位数"}},
    },
}  # fmt: skip
LOOKED_AT = 24
FEWEST = 8
"""Of fewer numbers a share means nothing."""
STEP = 1e-5
SMOOTH = 1e-3
"""Slopes over two steps of different length agree so well, or there is a kink between them."""
FLAT = 1e-9
WRONG = 0.1
SMALL = 1e-4
"""The size of the gradient that comes in: one that clips it is meant so."""
SECONDS = 5.0


def run(bench: Bench) -> Facts:
    """One rerun, as far as the first step in which the functions were met."""
    met = [graph for graph in bench.trace.graphs if graph.functions]
    if not met:
        raise CannotMeasure("no autograd function of the program's own was met")
    at = min(graph.iteration for graph in met)
    measured = replayed(bench, compared, at)
    places = {place.function: place for graph in met for place in graph.functions}
    return _of_the_worst(measured, places)


def _of_the_worst(measured: Mapping[str, float], places: Mapping[str, Place]) -> Facts:
    judged = [name for name in places if f"{name} wrong" in measured]
    if not judged:
        raise CannotMeasure("none of them is smooth and changes what it is given, so there is no slope to compare with")
    worst = max(judged, key=lambda name: measured[f"{name} wrong"])
    facts = Facts()
    facts.put("wrong_share", measured[f"{worst} wrong"], places[worst])
    facts.put("error", measured[f"{worst} error"], places[worst])
    return facts


def compared(step: Step) -> Mapping[str, float]:
    """For each function the share of wrong numbers in the gradient by its worst input, and their median error."""
    found: dict[str, float] = {}
    for function in step.functions():
        try:
            shares = _judged(_Formula(function))
        except (RuntimeError, TypeError, NotImplementedError):  # it knows no double precision
            continue
        if shares:
            found[f"{function.name} wrong"], found[f"{function.name} error"] = max(shares)
    return found


class _Formula:
    """One function, and the gradient of a weighed sum of its results, in double precision."""

    def __init__(self, function: Function) -> None:
        self._function = function
        wanted = [one.requires_grad for one in function.inputs]
        self.inputs = [one.detach().double().contiguous() for one in function.inputs]
        self.wanted = [n for n, one in enumerate(wanted) if one]
        self.random = torch.Generator().manual_seed(0)
        results = function.results(self.inputs)
        self._weights = [SMALL * torch.randn(one.shape, generator=self.random).to(one) for one in results]

    def told(self) -> list[Tensor]:
        """The gradient by each input, as its backward has it; none of a function that is meant to have another one."""
        own = [one.clone().requires_grad_(n in self.wanted) for n, one in enumerate(self.inputs)]
        wanted = [own[n] for n in self.wanted]
        results, again = self._function.results(own), self._function.results(own)
        hands_on = any(torch.equal(a.reshape(-1), b.reshape(-1)) for a in results for b in wanted)
        draws = any(not torch.equal(a, b) for a, b in zip(results, again, strict=True))
        loss = [(one * weight).sum() for one, weight in zip(results, self._weights, strict=True) if one.requires_grad]
        if hands_on or draws or not loss or any(one.dtype != torch.float64 for one in results):
            return []
        gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
        return [torch.zeros_like(x) if g is None else g for x, g in zip(wanted, gradients, strict=True)]

    def slope(self, n: int, place: int, change: float) -> float:
        """By one number."""
        more, less = (self._changed(n, place, by) for by in (change, -change))
        rows = zip(more, less, self._weights, strict=True)
        return sum(((a - b) * weight).sum().item() for a, b, weight in rows) / (2 * change)

    def _changed(self, n: int, place: int, by: float) -> tuple[Tensor, ...]:
        inputs = [one.clone() for one in self.inputs]
        inputs[n].view(-1)[place] += by
        return self._function.results(inputs)


def _judged(formula: _Formula) -> list[tuple[float, float]]:
    """Share of wrong numbers and median error for each input that has enough to be judged by."""
    until, found = time.monotonic() + SECONDS, []
    for n, told in zip(formula.wanted, formula.told(), strict=False):
        errors, straight, least = list[float](), 0, max(1e-12, 1e-6 * told.abs().max().item())
        for place in torch.randperm(told.numel(), generator=formula.random)[:LOOKED_AT].tolist():
            said = told.reshape(-1)[place].item()
            change = STEP * max(1.0, abs(formula.inputs[n].view(-1)[place].item()))
            slopes = formula.slope(n, place, change), formula.slope(n, place, 2 * change)
            largest = max(map(abs, slopes))
            straight += largest <= least < 1e-3 * abs(said)
            if largest > least and abs(slopes[0] - slopes[1]) <= SMOOTH * largest:
                errors.append(abs(said - slopes[0]) / max(abs(said), largest))
            if time.monotonic() > until:
                break
        if straight > len(errors) / 4:
            return []  # a gradient where there is none: an estimator that stands for it
        if len(errors) >= FEWEST:
            found.append((sum(error > WRONG for error in errors) / len(errors), sorted(errors)[len(errors) // 2]))
    return found
