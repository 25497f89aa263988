"""A rerun beside the watched run: how far time allows to go, and the same window of both loss curves.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from nndoctor.case import Picture, Series
from nndoctor.curve import Curve, Level, beginning, level, main_curve, same_in, scale_of
from nndoctor.intervention import Intervention, NoChange, OtherSeed
from nndoctor.probe import Bench, CannotMeasure, Facts
from nndoctor.trace import Trace

FEWEST = 20
"""Fewer steps than this show nothing of a learning rate."""
AFTER_NAN = 3
"""A run that lost its finiteness is repeated for so many times as many iterations, ENOUGH at least."""
ENOUGH = 200
SPARE = 0.8
"""Of the time left, what the reruns may plan to take: they share the machine with others."""
PART = 4
"""A rerun goes to this part of the steps first: it may be better by then than the run was at its end."""
SHORTEST = 50
"""But at least to so many: with fewer no symptom of the loss is recognised."""
CLEAR_GAIN, CLEAR_GAIN_OF_START, CLEAR_OVER_NOISE = 0.4, 0.2, 10.0
"""A gain that no rule asks more of; its noise may still grow by that of the seed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the same window: as the script is, and treated. A level is None where losses are not finite.

    `scale` is the size of the loss at the start, by which gains are measured; `noise` is one standard error of the
    difference of the two levels, the seed's share included once it is known. `limit` is to how many iterations the
    rerun went, None for all: where that is but a part, it is held against the end of the run as it is nevertheless.
    """

    start: float
    scale: float
    as_is: Level | None
    treated: Level | None
    falls: bool
    noise: float
    curves: tuple[Curve, Curve]
    limit: int | None = None

    def gain(self) -> float | None:
        """How much lower the treated loss is; None where one of them is not finite."""
        return None if self.as_is is None or self.treated is None else self.as_is.value - self.treated.value

    def fall_share(self) -> float:
        """What the loss fell as it is, over what it fell treated; 1 where it did not fall then."""
        if self.as_is is None or self.treated is None or self.start <= self.treated.value:
            return 1.0
        return max(0.0, self.start - self.as_is.value) / (self.start - self.treated.value)

    def noisier(self, other: float) -> Comparison:
        """The same with the difference that a mere change of the seed made."""
        return replace(self, noise=(self.noise**2 + other**2) ** 0.5)

    def is_clear(self) -> bool:
        """Whether the treated run is far better, so that it need not go on."""
        gain = self.gain()
        if gain is None or self.as_is is None or not self.falls:
            return False
        least = max(CLEAR_GAIN * abs(self.as_is.value), CLEAR_GAIN_OF_START * self.scale, CLEAR_OVER_NOISE * self.noise)
        return gain > least


def watched_curve(trace: Trace) -> Curve:
    """The main curve. Raises CannotMeasure where there is too little of it."""
    curve = main_curve(trace)
    if curve is None or len(curve.steps) < FEWEST or curve.losses[0] is None:
        raise CannotMeasure(f"the training took fewer than {FEWEST} steps with a finite first loss")
    if curve.optimizer == -1:
        raise CannotMeasure("no optimizer was seen to step, so there is no learning rate to change")
    return curve


def affordable(bench: Bench, curve: Curve, runs: int) -> int | None:
    """To how many iterations that many reruns must be limited; None if all of the script can be run.

    Raises CannotMeasure when the time left is too short for any.
    """
    rows = bench.trace.iterations
    count = rows[-1].index + 1
    before, each = rows[0].seconds, (rows[-1].seconds - rows[0].seconds) / max(1, count - 1)
    ended = bench.trace.ended
    whole = ended.seconds if ended is not None and ended.how != "stopped" else inf
    left = SPARE * bench.seconds_left() / runs
    wanted = min(count, max(ENOUGH, AFTER_NAN * _broken(curve))) if None in curve.losses else count
    if wanted == count and whole <= left:
        return None
    limit = wanted if not each else min(wanted, int((left - before) / each))
    if limit < curve.steps[0] + FEWEST:
        raise CannotMeasure("no time was left to run the script once more for long enough")
    return limit


def _broken(curve: Curve) -> int:
    return curve.steps[curve.losses.index(None)]


def first_part(curve: Curve, limit: int | None) -> int | None:
    """To how many iterations a rerun goes that shall tell early; None where that would hardly be less than `limit`."""
    if None in curve.losses:
        return None  # how far such a run must go is known by where it broke
    own = curve.until(limit)
    if len(own.steps) < 2 * SHORTEST:
        return None
    part = max(own.steps[SHORTEST - 1] + 1, own.steps[0] + own.span // PART)
    return part if 2 * (part - own.steps[0]) <= own.span else None


def compare(
    bench: Bench, curve: Curve, intervention: Intervention, limit: int | None, part: int | None = None
) -> Comparison:
    """Runs the script under the intervention and holds the last fifth of the steps of both against each other.

    A rerun that goes only to the iteration `part` is held against what the run as it is came to by the limit.
    """
    rerun = changed(bench, intervention, part or limit)
    own = curve.until(limit) if part is not None else None
    return replace(side_by_side(bench.trace, curve, rerun, own), limit=part or limit)


def compare_early(bench: Bench, curve: Curve, intervention: Intervention, limit: int | None) -> Comparison:
    """The same by a part of the steps, if that is far better by then than the run as it is at its end."""
    part = first_part(curve, limit)
    early = compare(bench, curve, intervention, limit, part) if part is not None else None
    return early if early is not None and early.is_clear() else compare(bench, curve, intervention, limit)


def changed(bench: Bench, intervention: Intervention, limit: int | None = None) -> Trace:
    """The script run once more under it. Raises CannotMeasure where there was nothing to change."""
    rerun = bench.rerun(intervention, iterations=limit)
    if rerun.steered is not None and not rerun.steered.applied and not isinstance(intervention, NoChange):
        raise CannotMeasure(f"this experiment could change nothing: {rerun.steered.why}")
    return rerun


def side_by_side(watched: Trace, curve: Curve, rerun: Trace, own: Curve | None = None) -> Comparison:
    """The watched run's curve and that of a rerun: over the same steps, or `own`, what counts of it, and all of that.

    Raises CannotMeasure where there are too few.
    """
    other = same_in(rerun, curve, watched)
    if other is None or len(other.steps) < FEWEST:
        raise CannotMeasure("the script did not train when it was run once more")
    end = min(curve.steps[-1], other.steps[-1]) + 1
    own, treated = (curve.until(end), other.until(end)) if own is None else (own, other)
    start, begin = beginning(own), beginning(treated)
    if start is None:
        raise CannotMeasure("the loss was not finite from the first step on")
    a, b = _last(own), _last(treated)
    errors = sum(one.error**2 for one in (a, b) if one is not None) ** 0.5
    return Comparison(
        start=start.value,
        scale=scale_of(own, start),
        as_is=a,
        treated=b,
        falls=b is not None and begin is not None and begin.value - b.value > 3 * b.error,
        noise=max(errors, 1e-9 * abs(start.value)),
        curves=(own, treated),
    )


def level_at_end(trace: Trace, limit: int | None = None) -> Level | None:
    """The level of the last fifth of the main curve up to there; None if there is none, or it is not finite."""
    curve = main_curve(trace)
    curve = curve.until(limit) if curve is not None else None
    return _last(curve) if curve is not None and curve.steps else None


def _last(curve: Curve) -> Level | None:
    """The level of the last fifth; None if it ends in, or is half of, losses that are not finite."""
    part = curve.losses[-max(10, len(curve.losses) // 5) :]
    return None if part[-1] is None or part.count(None) > len(part) / 2 else level(part)


def of_the_seed(bench: Bench, curve: Curve, limit: int | None) -> float:
    """How much the level of the last fifth changes when only the seed does; 0 for a script that sets its own."""
    change, few = OtherSeed(own=False), curve.steps[FEWEST - 1] + 1
    if limit is None or few < limit:
        as_is, again = compare(bench, curve, change, few).curves
        if as_is.losses == again.losses:
            return 0.0  # its own seeds decide, from the first step on
    return abs(compare(bench, curve, change, limit).gain() or 0.0)


def tried(bench: Bench, intervention: Intervention, title: Mapping[str, str], label: str) -> Facts:
    """What becomes of the loss under that one change: one rerun, and where it is better one more for the noise."""
    curve = watched_curve(bench.trace)
    limit = affordable(bench, curve, 2)
    found = compare_early(bench, curve, intervention, limit)
    gain = found.gain()
    if gain is not None and gain > 3 * found.noise:
        found = found.noisier(of_the_seed(bench, curve, found.limit))
    facts = Facts()
    put(facts, found)
    facts.pictures.append(picture(title, {"as it is": found.curves[0], label: found.curves[1]}))
    return facts


def put(facts: Facts, one: Comparison) -> None:
    """What an experiment that should lower the loss tells of both runs."""
    facts.put("as_is_finite", one.as_is is not None)
    facts.put("treated_finite", one.treated is not None)
    facts.put("treated_falls", one.falls)
    for name, end in (("loss_as_is", one.as_is), ("loss_treated", one.treated)):
        if end is not None:
            facts.put(name, end.value)
    gain = one.gain()
    if gain is not None and one.as_is is not None:
        facts.put("gain", gain / (abs(one.as_is.value) or one.scale))
        facts.put("gain_of_start", gain / one.scale)
        facts.put("gain_over_noise", gain / one.noise)


def picture(title: Mapping[str, str], runs: Mapping[str, Curve]) -> Picture:
    """The smoothed curves of all runs in one frame."""
    return framed(title, tuple(smoothed(label, curve) for label, curve in runs.items()))


def framed(title: Mapping[str, str], series: tuple[Series, ...]) -> Picture:
    """Loss curves in one frame, on a logarithmic scale where they span much."""
    finite = [y for one in series for y in one.y if y is not None]
    wide = bool(finite) and min(finite) > 0 and max(finite) > 30 * min(finite)
    return Picture("curve", title, series, logarithmic=wide)


def smoothed(label: str, curve: Curve) -> Series:
    """The curve in some 200 points, each the median of its neighbourhood."""
    every = max(1, len(curve.steps) // 200)
    at = range(0, len(curve.steps), every)
    smooth = [level(curve.losses[max(0, i - every) : i + every + 1]) for i in at]
    x = tuple(float(curve.steps[i]) for i in at)
    return Series(label, x, tuple(None if one is None else one.value for one in smooth))
