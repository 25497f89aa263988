"""What a step does to each parameter: sizes of gradient, weight and update, and the way gone since the start."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.optim import Optimizer

from nndoctor.trace import LayerSample
from nndoctor.worker.cost import Readings
from nndoctor.worker.journal import Journal
from nndoctor.worker.likeness import apart
from nndoctor.worker.models import Models
from nndoctor.worker.tensors import strided

SAMPLED = 1 << 16
"""Elements of a parameter that are compared, evenly spread: the root mean square of a normal sample of this size errs
by 0.3 %, and a parameter costs at most 256 kB on its device, whatever the model."""
SNAPSHOT_BYTES = 128 << 20
"""All samples of one moment; two moments are kept, the start and just before the weighed step."""
KINDS = ("gradient", "weight", "update", "moved", "start", "spread")


def parameters_of(optimizer: Optimizer) -> list[Tensor]:
    """All that it holds, group after group."""
    return [p for group in optimizer.param_groups for p in group["params"]]


class Weighing:
    """Weighs the parameters of one optimizer just before and just after a step."""

    def __init__(self, number: int, journal: Journal, models: Models, readings: Readings) -> None:
        """`number` is the optimizer's."""
        self._number = number
        self._journal = journal
        self._models = models
        self._readings = readings
        self._start: dict[str, Tensor] = {}
        self._before: dict[str, Tensor] = {}
        self._norms: dict[str, float] = {}

    @torch.no_grad()
    def begins(self, optimizer: Optimizer) -> None:
        """The first step of all is about to be made: keeps where the weights start."""
        if not self._start:
            self._start = self._samples(optimizer)

    @torch.no_grad()
    def before(self, optimizer: Optimizer) -> None:
        """A step to be weighed is about to be made; the gradients are complete."""
        self._before = self._samples(optimizer)
        self._norms = {}
        graded = [(n, p.grad) for n, p in self._named(optimizer) if p.grad is not None and not p.grad.is_sparse]
        self._rms("gradient", [(name, gradient) for name, gradient in graded if name in self._before])
        self._rms("weight", list(self._before.items()))

    @torch.no_grad()
    def after(self, optimizer: Optimizer, iteration: int) -> None:
        """The step was made; nothing happens if it was not weighed before."""
        if not self._before:
            return  # or a closure went on by some iterations since
        now, before, self._before = self._samples(optimizer), self._before, {}
        # within a closure the model was perhaps met, and its parameters got their names
        before = {name: sample for name, sample in before.items() if name in now}
        self._rms("update", [(name, now[name] - sample) for name, sample in before.items()])
        for name, parameter in self._named(optimizer):
            if name in before and (axes := self._models.alike.get(name)):
                distance = apart(parameter.detach(), parameter.grad, axes)
                self._readings.later(distance, partial(_note_number, self._norms, f"spread {name}"))
        gone = [name for name in before if name in self._start]
        self._rms("moved", [(name, now[name] - self._start[name]) for name in gone])
        self._rms("start", [(name, self._start[name]) for name in gone])
        norms, number = self._norms, self._number
        last = next(reversed(now.values()), torch.zeros(1))
        self._readings.later(
            torch.zeros(1, device=last.device),
            lambda _: self._journal.write_thinned(_layer_sample(iteration, number, norms)),
        )

    def _samples(self, optimizer: Optimizer) -> dict[str, Tensor]:
        """Copies of evenly spread elements of the parameters, of as many as the memory cap bears."""
        samples, left = {}, SNAPSHOT_BYTES
        for name, parameter in self._named(optimizer):
            sample = strided(parameter.detach(), SAMPLED).clone()
            left -= sample.numel() * sample.element_size()
            if left < 0:
                break
            samples[name] = sample
        return samples

    def _named(self, optimizer: Optimizer) -> list[tuple[str, Tensor]]:
        parameters = parameters_of(optimizer)
        named = [(self._models.name_of(p), p) for p in parameters if p.is_floating_point()]
        # one that no graph has reached has no number of its own yet
        return [
            (f"{name}##{n}" if name.startswith("?") and "#" not in name else name, p)
            for n, (name, p) in enumerate(named)
        ]

    def _rms(self, kind: str, named: list[tuple[str, Tensor]]) -> None:
        """Root mean squares, read when they have arrived, into the norms of this step."""
        filled = [(name, tensor) for name, tensor in named if tensor.numel()]
        if not filled:
            return
        device = filled[0][1].device
        norms = torch._foreach_norm([tensor.detach() for _, tensor in filled])
        sizes = [tensor.numel() ** 0.5 for _, tensor in filled]
        values = torch.stack([norm.to(device, torch.float64) for norm in norms])
        into = self._norms

        def arrived(read: list[float]) -> None:
            for (name, _), norm, size in zip(filled, read, sizes, strict=True):
                into[f"{kind} {name}"] = norm / size

        self._readings.later(values, arrived)


def _note_number(norms: dict[str, float], key: str, read: list[float]) -> None:
    norms[key] = read[0]


def _layer_sample(iteration: int, number: int, norms: dict[str, float]) -> LayerSample:
    kinds: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for key, value in norms.items():
        kind, _, name = key.partition(" ")
        if value == value and abs(value) != float("inf"):  # noqa: PLR0124  (the quick test for NaN)
            kinds[kind][name] = value
    moved = {name: value / kinds["start"][name] for name, value in kinds["moved"].items() if kinds["start"].get(name)}
    return LayerSample(iteration, number, kinds["gradient"], kinds["weight"], kinds["update"], moved, kinds["spread"])
