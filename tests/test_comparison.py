"""Reruns beside the watched run: how far they go, by a stand-in for the script that has a course for each change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy
import pytest

from nndoctor.comparison import SHORTEST, compare_early, first_part, of_the_seed, tried, watched_curve
from nndoctor.intervention import GradientsClipped, Intervention, LearningRateTimes, OtherSeed
from nndoctor.trace import RunEnded, Trace
from probes import higher_learning_rate, lower_learning_rate
from tests.traces import iterations

STEPS = 800
Course = Callable[[int], float]


def level(value: float) -> Course:
    return lambda _: value


def falling(to: float, over: float) -> Course:
    return lambda step: to + (2.0 - to) * math.exp(-step / over)


def losses(course: Course, steps: int, seed: int) -> list[float]:
    noise = numpy.random.default_rng(seed).normal(0.0, 0.02, steps)
    return [course(step) + float(noise[step]) for step in range(steps)]


@dataclass
class Script:
    """A bench whose reruns follow the course that the change has, by its factor or else by its class."""

    as_is: Course
    courses: dict[float | type[Intervention], Course]
    seeds_itself: bool = True
    asked: list[tuple[float | type[Intervention], int | None]] = field(default_factory=list)
    steps: int = STEPS

    @property
    def trace(self) -> Trace:
        rows = iterations(losses(self.as_is, self.steps, seed=0))
        return Trace(iterations=rows, ended=RunEnded("finished", 0, 10.0, ()))

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        change = intervention.factor if isinstance(intervention, LearningRateTimes) else type(intervention)
        self.asked.append((change, iterations))
        seed = 0 if isinstance(intervention, OtherSeed) and self.seeds_itself else 1
        return self._run(self.courses.get(change, self.as_is), iterations or self.steps, seed)

    def _run(self, course: Course, steps: int, seed: int) -> Trace:
        return Trace(iterations=iterations(losses(course, steps, seed)))

    def seconds_left(self) -> float:
        return 1000.0


QUARTER = STEPS // 4


def test_a_rerun_ends_early_only_where_it_is_far_below_the_end_of_the_run_as_it_is() -> None:
    clear = Script(level(2.0), {GradientsClipped: falling(0.1, 30.0)})
    found = compare_early(clear, watched_curve(clear.trace), GradientsClipped(1.0), None)
    assert (clear.asked, found.limit) == ([(GradientsClipped, QUARTER)], QUARTER)
    # by a quarter it is below the run as it is there, but not below its end
    slow = Script(falling(0.3, 200.0), {GradientsClipped: falling(0.2, 60.0)})
    found = compare_early(slow, watched_curve(slow.trace), GradientsClipped(1.0), None)
    assert (slow.asked, found.limit) == ([(GradientsClipped, QUARTER), (GradientsClipped, None)], None)
    assert found.as_is is not None
    assert found.as_is.value == pytest.approx(0.33, abs=0.02)


def test_short_runs_and_broken_ones_are_repeated_at_once_as_far_as_they_are_to_go() -> None:
    long = watched_curve(Script(level(2.0), {}).trace)
    assert (first_part(long, None), first_part(long, 150), first_part(long, 99)) == (QUARTER, SHORTEST, None)
    short = Script(level(2.0), {}, steps=2 * SHORTEST - 1)
    assert first_part(watched_curve(short.trace), None) is None
    broken = Trace(iterations=iterations([*[2.0] * 500, None, *[2.0] * 300]))
    assert first_part(watched_curve(broken), None) is None


def test_the_share_of_the_seed_is_nothing_where_the_script_sets_its_own() -> None:
    own = Script(falling(0.5, 100.0), {})
    assert of_the_seed(own, watched_curve(own.trace), None) == 0.0
    assert [limit for _, limit in own.asked] == [20]
    left = Script(falling(0.5, 100.0), {OtherSeed: falling(0.8, 100.0)}, seeds_itself=False)
    assert of_the_seed(left, watched_curve(left.trace), 200) == pytest.approx(0.25, abs=0.05)
    assert [limit for _, limit in left.asked] == [20, 200]


def test_gains_of_a_part_are_told_against_the_end_and_with_the_seeds_share_over_the_part() -> None:
    script = Script(level(2.0), {GradientsClipped: falling(0.1, 30.0)}, seeds_itself=False)
    facts = tried(script, GradientsClipped(1.0), {"en": "", "zh": ""}, "clipped").values
    assert script.asked == [(GradientsClipped, QUARTER), (OtherSeed, 20), (OtherSeed, QUARTER)]
    assert facts["loss_as_is"].value == pytest.approx(2.0, abs=0.02)
    assert facts["gain"].value == pytest.approx(0.95, abs=0.02)


def test_a_higher_rate_is_sought_by_parts_and_only_the_best_goes_on() -> None:
    clear = Script(level(2.0), {10.0: level(1.99), 100.0: falling(1.5, 400.0), 1000.0: falling(0.1, 30.0)})
    facts = higher_learning_rate.run(clear).values
    assert clear.asked == [(10.0, QUARTER), (100.0, QUARTER), (1000.0, QUARTER), (OtherSeed, 20)]
    assert facts["factor"].value == 1000.0
    unclear = Script(falling(0.5, 500.0), {10.0: falling(0.4, 200.0), 100.0: level(5.0)})
    higher_learning_rate.run(unclear)
    assert unclear.asked[:3] == [(10.0, QUARTER), (100.0, QUARTER), (10.0, None)]


def test_both_lower_rates_are_tried_by_a_part_and_the_better_one_is_told() -> None:
    clear = Script(level(2.3), {0.1: falling(1.0, 30.0), 0.01: falling(0.3, 40.0)})
    facts = lower_learning_rate.run(clear).values
    assert clear.asked == [(0.1, QUARTER), (0.01, QUARTER), (OtherSeed, 20)]
    assert facts["factor"].value == 0.01
    later = Script(level(1.0), {0.1: falling(0.3, 300.0), 0.01: falling(1.5, 500.0)})
    facts = lower_learning_rate.run(later).values
    assert later.asked[:3] == [(0.1, QUARTER), (0.01, QUARTER), (0.1, None)]
    assert (facts["factor"].value, facts["treated_falls"].value) == (0.1, True)
