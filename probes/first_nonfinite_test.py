from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from nndoctor.intervention import Intervention
from nndoctor.nonfinite import FirstNonfinite, NonfiniteSource, OperationsChecked
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Crash, Iteration, Trace
from probes.first_nonfinite import run
from tests.traces import line, values

SQRT = NonfiniteSource(40, "gradient", "backward", "sqrt", line(7), "", "float32", True, 0.5, False)  # noqa: FBT003


@dataclass
class Again:
    """A bench whose script loses its loss again, from this source."""

    trace: Trace
    source: NonfiniteSource | None
    asked: list[tuple[Intervention, int | None]] = field(default_factory=list)

    def rerun(self, intervention: Intervention, *, iterations: int | None = None) -> Trace:
        self.asked.append((intervention, iterations))
        return Trace(source=self.source)

    def seconds_left(self) -> float:
        return 60.0


def lost_at(step: int) -> Trace:
    rows = [Iteration(i, 0.1 * i, None if i >= step else 1.0, 0) for i in range(step + 3)]
    return Trace(iterations=rows)


def test_the_source_is_told_with_its_step_and_line() -> None:
    bench = Again(lost_at(41), SQRT)
    facts = run(bench)
    assert values(facts) == {
        "operation": "sqrt",
        "made_in": "backward",
        "dtype": "float32",
        "from_finite_inputs": True,
        "largest_input": 0.5,
        "holds_with_more_precision": False,
        "has_no_answer": True,
    }
    assert facts.values["operation"].step == 40
    assert facts.values["operation"].where == (line(7),)


@pytest.mark.parametrize(("lost", "start"), [(3, 0), (32, 0), (41, 36), (1000, 899)])
def test_it_is_looked_for_from_shortly_before_the_loss_was_lost(lost: int, start: int) -> None:
    bench = Again(lost_at(lost), SQRT)
    run(bench)
    ((asked, limit),) = bench.asked
    assert asked == OperationsChecked(start)
    assert limit is not None
    assert limit > lost


def test_a_gradient_lost_before_the_loss_and_a_crash_count_too() -> None:
    trace = lost_at(90)
    trace.nonfinite = FirstNonfinite(89, False, True, False, False, False, ())  # noqa: FBT003
    bench = Again(trace, SQRT)
    run(bench)
    crashed = Trace(iterations=[Iteration(0, 0.0, 1.0, 0)])
    crashed.crash = Crash("RuntimeError", "Function 'X' returned nan values in its 0th output.", "backward", None, (),
                          iteration=70)  # fmt: skip
    other = Again(crashed, SQRT)
    run(other)
    assert [a for a, _ in (*bench.asked, *other.asked)] == [OperationsChecked(80), OperationsChecked(62)]


@pytest.mark.parametrize(
    ("change", "no_answer"),
    [
        ({}, True),
        ({"holds": None}, True),
        ({"holds": True}, False),
        ({"operation": "mm", "holds": True, "largest": 1e38}, False),
        ({"operation": "div", "holds": None, "largest": 1e9}, False),
        ({"operation": "exp", "holds": True, "largest": 100.0}, True),
        ({"operation": "exp", "holds": True, "largest": 12.0, "dtype": "float16"}, False),
        ({"operation": "exp", "holds": False, "largest": 1e9}, False),
        ({"from_finite": False}, False),
    ],
)
def test_an_overflow_is_told_from_a_formula_without_an_answer(change: dict[str, object], no_answer: bool) -> None:  # noqa: FBT001
    facts = run(Again(lost_at(41), replace(SQRT, **change)))  # type: ignore[arg-type]
    assert values(facts)["has_no_answer"] is no_answer


def test_a_sound_run_and_one_that_is_sound_the_second_time_give_nothing() -> None:
    with pytest.raises(CannotMeasure, match="no loss and no gradient"):
        run(Again(Trace(iterations=[Iteration(0, 0.0, 1.0, 0)]), SQRT))
    with pytest.raises(CannotMeasure, match="run once more"):
        run(Again(lost_at(5), None))
