"""One run of a trial: how far it may go, and what is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from nndoctor.case import TrialRun
from nndoctor.comparison import ENOUGH, FEWEST, SPARE, affordable, first_part, level_at_end, side_by_side, smoothed
from nndoctor.curve import main_curve
from nndoctor.intervention import Intervention
from nndoctor.probe import CannotMeasure
from nndoctor.scheduling import StoppedAfter
from nndoctor.trace import Trace
from nndoctor.worker.bench import WorkerBench, measure

WHOLE = 0
"""To the script's own end."""


def iterations_for(trace: Trace, seconds: float, runs: int) -> int:
    """Where each of so many runs must end to come within the time. Raises CannotMeasure where it is too short."""
    curve, ended = main_curve(trace), trace.ended
    watched = ended.seconds if ended is not None else 0.0
    if curve is not None and len(curve.steps) >= FEWEST:
        try:
            limit = affordable(WorkerBench(trace, _no_rerun, seconds), curve, runs)
        except CannotMeasure as short:
            raise CannotMeasure(_too_short(seconds, runs * watched / SPARE)) from short
        return WHOLE if limit is None else limit
    # it broke off at once, and nobody knows how long a sound run takes
    if ended is None or watched > SPARE * seconds / runs:
        raise CannotMeasure(_too_short(seconds, runs * watched / SPARE))
    return ENOUGH


def part_of(trace: Trace, iterations: int, changes: Sequence[Intervention] = ()) -> int | None:
    """Where a run ends first that may tell early; None where it goes on to those iterations at once."""
    curve = main_curve(trace)
    part = first_part(curve, iterations or None) if curve is not None else None
    beyond = any(isinstance(one, StoppedAfter) and part is not None and one.iteration > part for one in changes)
    return None if beyond else part


def loss_by(trace: Trace, iterations: int) -> float | None:
    """The level of the main curve at the end of these iterations; None if there is none, or it is not finite."""
    last = level_at_end(trace, iterations or None)
    return last.value if last is not None else None


def _too_short(seconds: float, wanted: float) -> str:
    return f"{seconds:.0f} s were left, and its runs would take about {wanted:.0f} s: raise --budget by that much"


def judged(
    trace: Trace, watched: Trace, probes: Mapping[str, str], seconds: float, *, longer: bool = False
) -> TrialRun:
    """What the probes find in a run of a trial, and its curve beside the watched one; where it is meant to be longer,
    each to its own end.
    """
    bench = WorkerBench(trace, _no_rerun, seconds)
    found = {probe: replace(measure(probe, path, bench), pictures=()) for probe, path in probes.items()}
    run = TrialRun("measured", evidence=MappingProxyType(found))
    curve = main_curve(watched)
    try:
        both = side_by_side(watched, curve, trace, curve if longer else None) if curve is not None else None
    except CannotMeasure:
        both = None
    if both is None:
        # of the watched run no loss was ever finite: that of this one says by itself what came of it
        last = level_at_end(trace) if curve is not None and curve.losses[0] is None else None
        return replace(run, loss=last.value, error=last.error) if last is not None else run
    return replace(
        run,
        loss=both.treated.value if both.treated is not None else None,
        error=both.treated.error if both.treated is not None else None,
        loss_as_is=both.as_is.value if both.as_is is not None else None,
        error_as_is=both.as_is.error if both.as_is is not None else None,
        curve_as_is=smoothed("as_is", both.curves[0]),
        curve=smoothed("rerun", both.curves[1]),
    )


def _no_rerun(_change: Intervention, _iterations: int | None, _seconds: float) -> Trace:
    raise CannotMeasure("a trial is no place for experiments")
