"""What an experiment on one training step is given: the model, batch and loss as copies, free to be changed.

Weights, buffers, random numbers, modes, hooks and gradients of the run stay as they were, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from nndoctor.probe import Bench, CannotMeasure
from nndoctor.replaying import StepReplayed

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer


class Replica(Protocol):
    """The copy of a model, with the batch that it was given and the loss that was made of its output."""

    @property
    def model(self) -> nn.Module:
        """The copy, in the modes that the run's own was called in."""
        ...

    @property
    def inputs(self) -> Mapping[str, Tensor]:
        """The tensors of the batch, copied, by their place in the call."""
        ...

    @property
    def target(self) -> Tensor | None:
        """What the loss function was given to compare with; None where the loss is not one of torch's functions."""
        ...

    def output(self, changed: Mapping[str, Tensor] | None = None, *, seed: int | None = None) -> Tensor:
        """What the copy gives for the batch, some inputs replaced, by the run's random numbers or by that seed.

        Of several outputs, the one that the loss was made of.
        """
        ...

    def optimizer(self) -> Optimizer:
        """The run's optimizer of that model as a copy, with its settings and state, for the copy's weights.

        Raises CannotMeasure where there is none.
        """
        ...

    def double(self) -> None:
        """Does all from now on in double precision, and without autocast."""
        ...

    def loss(self, output: Tensor) -> Tensor:
        """The run's loss of such an output. Raises CannotMeasure where it can't be had of that alone."""
        ...


class Function(Protocol):
    """An autograd function of the user's own, as it was called first."""

    @property
    def name(self) -> str:
        """That of its class."""
        ...

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Copies of the tensors of floats that it was given; they want a gradient where those did."""
        ...

    def results(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The tensors of floats that it gives for copies of other such inputs, all else as it was."""
        ...


class Step(Protocol):
    """A training step between its forward and its backward."""

    @property
    def value(self) -> float:
        """Of what goes backward: the loss, by the factor of a GradScaler or of accumulation."""
        ...

    def replica(self) -> Replica:
        """Raises CannotMeasure where the step is not one call of one model, or can't be done alike again."""
        ...

    def functions(self) -> tuple[Function, ...]:
        """All autograd functions of the user's own that were called, some eight at most."""
        ...


def replayed(bench: Bench, experiment: Callable[[Step], Mapping[str, float]], at: int) -> Mapping[str, float]:
    """What the experiment finds in the step before the backward pass `at` of a rerun. Raises CannotMeasure."""
    steered = bench.rerun(StepReplayed(experiment, at), iterations=at + 1).steered
    if steered is None or not steered.applied:
        raise CannotMeasure("the run ended before that step" if steered is None else steered.why)
    return steered.measured
