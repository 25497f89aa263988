"""The Bench that a probe is given, and the running of one probe to its Evidence."""

from __future__ import annotations

import importlib.util
import sys
import time
import traceback
from collections.abc import Callable
from types import MappingProxyType

from nndoctor.case import Evidence, Outcome
from nndoctor.intervention import Intervention
from nndoctor.probe import WHOLE_EPOCHS, CannotMeasure, Facts
from nndoctor.trace import Trace

LEAST_SECONDS = 1.0
"""With less than this left, a rerun is not begun."""

Rerun = Callable[[Intervention, "int | None", float], Trace]


class Cancelled(BaseException):
    """The person ended a rerun: what the probe would make of half of it is not to be believed."""


class WorkerBench:
    """`nndoctor.probe.Bench`, as the worker has it."""

    def __init__(self, trace: Trace, rerun: Rerun, seconds: float) -> None:
        """`rerun` runs the script under an intervention, for so many iterations, for so many seconds at most."""
        self._trace = trace
        self._rerun = rerun
        self._deadline = time.monotonic() + seconds

    @property
    def trace(self) -> Trace:
        """The watched run."""
        return self._trace

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        """The script run once more. Raises CannotMeasure when no time is left for it."""
        left = self.seconds_left()
        if left < LEAST_SECONDS:
            raise CannotMeasure("no time was left to run the script once more")
        return self._rerun(intervention, iterations, left)

    def seconds_left(self) -> float:
        """Wall time that this probe may still take."""
        return max(0.0, self._deadline - time.monotonic())


def measure(probe: str, path: str, bench: WorkerBench) -> Evidence:
    """Loads the probe's module by its path and runs it; whatever it does becomes Evidence."""
    began = time.monotonic()

    def evidence(outcome: Outcome, why: str) -> Evidence:
        return Evidence(probe, outcome, time.monotonic() - began, why=why)

    try:
        facts, withheld = _run(probe, path, bench)
    except CannotMeasure as reason:
        return evidence("not_measurable", str(reason))
    except Cancelled:
        return evidence("cancelled", "ended by the user")
    except (Exception, SystemExit) as fault:  # noqa: BLE001  # permitted: a probe may be a stranger's; its crash is an outcome
        return evidence("crashed", _told(fault))
    return Evidence(
        probe,
        "measured",
        time.monotonic() - began,
        MappingProxyType({name: fact for name, fact in facts.values.items() if name not in withheld}),
        tuple(facts.pictures),
        withheld=withheld,
    )


def _run(probe: str, path: str, bench: WorkerBench) -> tuple[Facts, tuple[str, ...]]:
    """The facts of a probe, and which of them must not be given."""
    spec = importlib.util.spec_from_file_location(f"_nndoctor_probe_{probe}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no probe module at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    spec.loader.exec_module(module)
    cards = module.CARD["facts"] if bench.trace.rehearsed else {}
    withheld = tuple(name for name, card in cards.items() if card.get("whole_epochs"))
    if withheld and len(withheld) == len(cards):
        raise CannotMeasure(f"needs {WHOLE_EPOCHS}")
    facts = module.run(bench)
    if not isinstance(facts, Facts):
        raise TypeError(f"run() gave {type(facts).__name__}, not Facts")
    return facts, withheld


def _told(fault: BaseException) -> str:
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__}: {fault} ({last.filename}:{last.lineno}: {last.line})"
