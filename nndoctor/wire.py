"""The messages between the screen and the worker, and how a dataclass becomes JSON and comes back.

One message is one line: `{"is": "<class>", ...fields}`. The same code keeps cases and journals. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from nndoctor.case import Change, Evidence, Patient, TrialRun

DESCRIPTOR = "NNDOCTOR_WIRE"
"""The environment variable that tells the worker which descriptor is its end of the pipe."""


# orders: screen -> worker


@dataclass(frozen=True, slots=True)
class Admit:
    """The first order: the patient, and a folder for journals and copies that outlives the worker.

    `in_place`: run in the user's own directory, not in a copy. `trace` is the journal of a run already watched by a
    worker that has died, "" if there is none.
    """

    patient: Patient
    scratch: str
    in_place: bool = False
    trace: str = ""


@dataclass(frozen=True, slots=True)
class RunProbe:
    """Run the probe whose module is the file `path`, for `seconds` at most; watches the script first if need be.

    On a run of a trial instead, if `trace` is its journal: then reruns make the changes `under` which it was too.
    """

    probe: str
    path: str
    seconds: float
    under: tuple[Change, ...] = ()
    trace: str = ""


@dataclass(frozen=True, slots=True)
class RunTrial:
    """Run the script once more, watched, under these changes, and then these probes (modules by id) on what was seen.

    `sources`: new texts of files of the patient's, for the scratch copy. So many `runs` of this length are still to
    come, this one included, and together they have `seconds`. `iterations` is where to end: 0 for the script's own
    end, None for as far as the time allows; unless `whole`, a part of the way there will do.
    """

    changes: tuple[Change, ...]
    sources: Mapping[str, str]
    probes: Mapping[str, str]
    seconds: float
    runs: int
    iterations: int | None = None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Cancel:
    """End what is running now (the script, or a rerun); what was seen until then is kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the worker; end of file on the pipe means the same."""


# news: worker -> screen


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker has imported torch, or could not (`problem`); `environment` as in `trace.RunStarted`."""

    environment: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunBegan:
    """A run of the user's script started in process group `group`; `purpose` is watch or the intervention's name."""

    purpose: str
    group: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the current run is: iterations done, of how many if known, and the newest (iteration, loss) points."""

    purpose: str
    iteration: int
    of: int | None
    seconds: float
    points: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """Output of the user's script, as it came; not necessarily whole lines."""

    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The current run is over; `how` and `code` as in `trace.RunEnded`. `trace` is the path of its journal."""

    purpose: str
    how: str
    code: int
    seconds: float
    trace: str


@dataclass(frozen=True, slots=True)
class EvidenceArrived:
    """A probe is done."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class TrialRunArrived:
    """A run of a trial is done, its probes too."""

    run: TrialRun


Order = Admit | RunProbe | RunTrial | Cancel | Stop
News = WorkerReady | RunBegan | Progressed | Printed | RunFinished | EvidenceArrived | TrialRunArrived
MESSAGES: Mapping[str, type[Any]] = MappingProxyType(
    {kind.__name__: kind for kind in typing.get_args(Order) + typing.get_args(News)}
)


def line_of(message: Order | News) -> bytes:
    """One message as a line of JSON, newline included."""
    return json.dumps({"is": type(message).__name__, **plain(message)}, allow_nan=False).encode() + b"\n"


def message_of(line: bytes) -> Order | News:
    """The message on one line; raises ValueError for what is no message."""
    row = json.loads(line)
    if not isinstance(row, dict) or row.get("is") not in MESSAGES:
        raise ValueError(f"no message: {line[:80]!r}")
    message: Order | News = built(MESSAGES[row.pop("is")], row)
    return message


def plain(value: Any) -> Any:
    """A dataclass (nested as it may be) as what JSON can say; defaults are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            name: plain(getattr(value, name))
            for name, default in _defaults(type(value))
            if getattr(value, name) != default
        }
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def built(wanted: Any, value: Any) -> Any:
    """The value of that type that `plain` took apart. Raises ValueError where the two don't fit."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        if not isinstance(value, dict):
            raise ValueError(f"{wanted.__name__} expected, not {value!r:.60}")
        hints = _hints(wanted)
        try:
            return wanted(**{name: built(hints[name], item) for name, item in value.items()})
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"not a {wanted.__name__}: {wrong}") from wrong
    if origin in (types.UnionType, typing.Union):
        return built(_fitting(arguments, value), value)
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if len(arguments) == 2 and arguments[1] is ... else arguments
        return tuple(built(kind, item) for kind, item in zip(kinds, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return MappingProxyType({key: built(arguments[1], item) for key, item in value.items()})
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _fitting(kinds: tuple[Any, ...], value: Any) -> Any:
    """The member of a union that a value came from: a dataclass or container for dicts and lists, else as it is."""
    if isinstance(value, dict):
        return next((kind for kind in kinds if dataclasses.is_dataclass(kind) or typing.get_origin(kind)), Any)
    if isinstance(value, list):
        return next((kind for kind in kinds if typing.get_origin(kind)), Any)
    return float if float in kinds and str not in kinds else Any


_MISSING = object()


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _defaults(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (
            item.name,
            item.default_factory()
            if item.default_factory is not dataclasses.MISSING
            else _MISSING
            if item.default is dataclasses.MISSING
            else item.default,
        )
        for item in dataclasses.fields(kind)
    )
