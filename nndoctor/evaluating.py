"""Records of what a run does about its evaluations: what is random in them, and which weights are kept."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Place


@dataclass(frozen=True, slots=True)
class EvalCallSeen:
    """One of the first calls of a model in evaluation mode, down to its last batch-norm and dropout module.

    `dropped` names the functions that set units to zero at random all the same ("mask": a random mask that the code
    made itself), `places` their lines. What is done to the model's own input is left out: to spoil it may be the task.
    """

    model: int
    iteration: int
    dropped: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class WeightsCopied:
    """A model's weights were asked for as a whole (a checkpoint, a copy of the best) after so many backward passes."""

    iteration: int
    place: Place | None


@dataclass(frozen=True, slots=True)
class ScoreSeen:
    """One doubtful step by which the outputs of an evaluation were scored.

    `how`: table (compared with as many truths so that each meets each), half (raw outputs held against 0.5, or
    rounded), single (the best of one along an axis). `shape`, `lowest` and `highest` are those of what was scored,
    `between` the share of its values above 0 that are not above 0.5.
    """

    how: str
    place: Place | None
    shape: tuple[int, ...]
    lowest: float
    highest: float
    between: float
