from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace, Unwatched
from probes import out_of_sight
from tests.traces import StillBench, iterations, line, values


def measured(*seen: Unwatched, backwards: int = 0) -> dict[str, object]:
    trace = Trace(unwatched=list(seen), iterations=iterations([1.0] * backwards))
    return dict(values(out_of_sight.run(StillBench(trace))))


def test_the_last_count_of_a_kind_holds_and_every_child_counts() -> None:
    functional = (Unwatched("functional", count, line(7)) for count in (1, 2, 4, 5))
    assert measured(*functional) == {"functional_gradients": 5.0}
    assert measured(*[Unwatched("child", 1, line(3))] * 3) == {"training_children": 3.0}


def test_a_penalty_beside_a_training_that_was_watched_is_not_out_of_sight() -> None:
    with pytest.raises(CannotMeasure):
        measured(Unwatched("gradients", 20, line(7)), backwards=20)


def test_processes_count_only_where_nothing_else_trained() -> None:
    started = Unwatched("process", 2, line(9))
    assert measured(started) == {"started_processes": 2.0}
    with pytest.raises(CannotMeasure):
        measured(started, backwards=20)


def test_threads_that_train_are_told_beside_a_training_that_was_watched() -> None:
    assert measured(Unwatched("thread", 8, line(9)), backwards=20) == {"steps_in_threads": 8.0}


def test_a_training_in_full_sight_leaves_nothing_to_tell() -> None:
    with pytest.raises(CannotMeasure, match="nothing"):
        measured(backwards=20)
