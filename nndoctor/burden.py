"""What makes a run slow or fills its memory: waits for data, debugging aids (and their cure), tensors never let go."""

from __future__ import annotations

from dataclasses import dataclass

from nndoctor.case import Place


@dataclass(frozen=True, slots=True)
class WaitWindow:
    """A quarter of a loader's draws: seconds waited for batches, and between them spent on all else in the loop.

    The first draws of each pass, in which workers start, are left out; so is the slowest tenth of what lies between,
    in which we may have looked closely. `stretched` is how much longer the loop took than it computed, on a machine
    that is busy with other things; at least 1. `idle` is the share of the waits at whose end the GPU had nothing left
    to do, None where none was asked.
    """

    draws: int
    samples: int
    waited: float
    busy: float
    stretched: float = 1.0
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class LoaderWaits:
    """The quarters of all draws from one loader, in their order."""

    loader: int
    windows: tuple[WaitWindow, ...]


@dataclass(frozen=True, slots=True)
class AidSeen:
    """A debugging aid (anomaly, profiler, launch_blocking): on at so many of the backward passes looked at.

    `late`: on at the last of them too. `place` is the line that switched it on, if one did.
    """

    kind: str
    on: int
    looked: int
    late: bool
    place: Place | None


@dataclass(frozen=True, slots=True)
class Hoard:
    """Tensors without a graph, made since training began, that one variable of the user's holds at this iteration.

    `kept` is the share of those found the time before that it still holds.
    """

    iteration: int
    tensors: int
    bytes: int
    device: str
    holder: str
    place: Place | None
    kept: float = 0.0


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """The current GPU's memory in bytes by torch's allocator and the driver: at the crash, or else at the end.

    `fragments` are the unused pieces between tensors that are alive, `others` what other processes have (None where
    the driver does not tell them from this one), `at_start` what tensors of this process had before it was watched.
    `retries`: requests for which all that was unused had first to be given back; `failures`: those that failed then.
    """

    total: int
    allocated: int
    peak: int
    reserved: int
    fragments: int
    retries: int
    failures: int
    others: int | None = None
    at_start: int = 0


@dataclass(frozen=True, slots=True)
class Burden:
    """All of it, as far as it was seen; a later record replaces an earlier one."""

    waits: tuple[LoaderWaits, ...] = ()
    aids: tuple[AidSeen, ...] = ()
    hoards: tuple[Hoard, ...] = ()
    gpu: GpuMemory | None = None


@dataclass(frozen=True, slots=True)
class AnomalyDetectionOff:
    """torch's anomaly detection left off where the script switches it on."""
