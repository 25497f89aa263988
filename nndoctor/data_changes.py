"""Interventions on the samples and labels that a training is given, beside those in `intervention`.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClassesBalanced:
    """Each sample's error weighed by how rare its class has been so far, not by weights of the script's.

    Needs cross-entropy, or yes against no.
    """


@dataclass(frozen=True, slots=True)
class PassesRepeated:
    """Each training pass over a DataLoader gone so many times; the rerun is watched closely, evaluations and all."""

    times: int = 3


@dataclass(frozen=True, slots=True)
class OneOrderForAll:
    """Whatever is put in a random order is put in the same one as all else of its length; `kept`: stays as it is.

    Needs torch.randperm, or shuffle and permutation of numpy or random. Where it is `kept`, loaders still mix.
    """

    kept: bool = False


@dataclass(frozen=True, slots=True)
class WorkersReseeded:
    """A dataset's own random generators seeded anew in each worker, where two are seen to draw the same."""


@dataclass(frozen=True, slots=True)
class LoadingEased:
    """Samples that are the same each time made once and kept; others made by so many worker processes, at least.

    Only in passes that begin with gradients. Needs a DataLoader; not iterable datasets, of which each worker would
    give all.
    """

    workers: int


@dataclass(frozen=True, slots=True)
class LoaderShuffled:
    """The samples of training passes over a DataLoader in a fixed order drawn in another one. Not iterable datasets."""


@dataclass(frozen=True, slots=True)
class BatchSizeTimes:
    """Training batches of so many times the samples. Needs a DataLoader with batches of one size."""

    factor: float


@dataclass(frozen=True, slots=True)
class LoaderContinued:
    """A DataLoader that is begun anew for each batch goes on instead; a seed is set to the same value only once."""
