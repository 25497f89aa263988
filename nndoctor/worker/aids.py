"""The debugging aids that slow every step down: whether they are on while the program trains."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import torch
from torch import autograd, profiler
from torch.autograd import anomaly_mode

from nndoctor.burden import AidSeen
from nndoctor.case import Place
from nndoctor.worker.places import Places

SWITCHES: tuple[tuple[str, Any, str], ...] = (
    ("anomaly", anomaly_mode.set_detect_anomaly, "__init__"),
    # not its __init__, which warns in the name of who calls it
    ("anomaly", anomaly_mode.detect_anomaly, "__enter__"),
    ("profiler", autograd.profiler.profile, "__enter__"),
    ("profiler", autograd.profiler.emit_nvtx, "__enter__"),
    ("profiler", profiler.profiler._KinetoProfile, "prepare_trace"),
)
"""By kind, whose method is called where a script switches it on."""


class Aids:
    """Looks at some backward passes, and remembers the lines that switched something on."""

    def __init__(self, places: Places) -> None:
        """Nothing was looked at yet."""
        self._places = places
        self._looked = 0
        self._on: dict[str, int] = {}
        self._late: frozenset[str] = frozenset()
        self._switched: dict[str, Place | None] = {}

    def install(self) -> None:
        """Hears of the switches."""
        for kind, owner, method in SWITCHES:
            setattr(owner, method, self._heard(kind, getattr(owner, method)))

    def _heard(self, kind: str, switch: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(switch)
        def switched(*args: Any, **kwargs: Any) -> Any:
            result = switch(*args, **kwargs)
            if kind != "anomaly" or torch.is_anomaly_enabled():
                self._switched[kind] = self._places.here() or self._switched.get(kind)
            return result

        return switched

    def look(self) -> None:
        """A backward pass is about to begin."""
        self._looked += 1
        self._late = frozenset(_on())
        for kind in self._late:
            self._on[kind] = self._on.get(kind, 0) + 1

    def seen(self) -> tuple[AidSeen, ...]:
        """Those that were on at some time."""
        return tuple(
            AidSeen(kind, on, self._looked, kind in self._late, self._switched.get(kind))
            for kind, on in self._on.items()
        )


def _on() -> list[str]:
    found = []
    if torch.is_anomaly_enabled():
        found.append("anomaly")
    if torch.autograd._profiler_enabled():  # type: ignore[attr-defined]
        found.append("profiler")
    # read once, when CUDA starts: on a CPU it does nothing
    if torch.cuda.is_initialized() and os.environ.get("CUDA_LAUNCH_BLOCKING", "0") not in ("", "0"):
        found.append("launch_blocking")
    return found
