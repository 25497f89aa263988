"""Tests of the samples that training and validation have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from nndoctor.evaluating import WeightsCopied
from nndoctor.probe import CannotMeasure
from nndoctor.seen import BatchSeen
from nndoctor.trace import Pass, Trace
from probes import samples_in_common
from tests.traces import StillBench, batch, iterations, loader, looked, tensor, trained, values

EPOCHS, SIZE = 4, 20


def seen(iteration: int, samples: Iterable[int], *, held_out: int | None = -1, varied: int = 8) -> BatchSeen:
    rows = tuple(f"sample {number}" for number in samples)
    given = replace(tensor((len(rows), 8), " ".join(rows)), row_fingerprints=rows, varied=varied)
    if held_out == -1:
        return batch(iteration, inputs=(given,))
    return batch(iteration, inputs=(given,), evaluating=True, training=False, loader=held_out)


def told(*looks: tuple[int | None, range], augmented: bool = False, **records: Any) -> Any:
    """Samples 0 to 99 trained on in four epochs of five batches, and these looked at after each: (loader, samples)."""
    batches: list[BatchSeen] = []
    passes: list[Pass] = [trained(samples=100, calls=5)]
    for epoch in range(EPOCHS):
        moved = 1000 * epoch if augmented and epoch else 0
        for number in range(5):
            at = epoch * 5 + number
            batches.append(seen(at, range(moved + number * SIZE, moved + (number + 1) * SIZE)))
        after = epoch * 5 + 5
        for source, samples in looks:
            batches.append(seen(after, samples, held_out=source))
            passes.append(looked(iteration=after, loader=source, samples=len(samples), accuracy=0.9))
    known: dict[str, Any] = {
        "iterations": iterations([1.0] * 20), "batches": batches, "passes": passes,
        "loaders": {0: loader(length=100)},
    }  # fmt: skip
    return values(samples_in_common.run(StillBench(Trace(**{**known, **records}))))


def test_a_part_of_the_validation_is_known_from_training() -> None:
    assert told((1, range(80, 120))) == {"shared": "some", "shared_share": 0.5, "chosen_by": False}
    assert told((None, range(80, 120))) == {"shared": "some", "shared_share": 0.5, "chosen_by": False}


@pytest.mark.parametrize(
    ("kept", "chosen"),
    [
        # accuracies .5 .6 .55 .7 .7 .65 .8 .75 and a last one
        ((0, 1, 3, 6), True),
        ((0, 1, 3, 4, 6), True),
        ((0, 1, 2, 3, 6), False),
        (range(9), False),
        ((), False),
    ],
)
def test_a_look_by_which_the_weights_are_chosen_is_known(kept: Sequence[int], *, chosen: bool) -> None:
    scores = (0.5, 0.6, 0.55, 0.7, 0.7, 0.65, 0.8, 0.75, 0.9)
    looks = [looked(iteration=20 + n, loader=1, samples=30, accuracy=score) for n, score in enumerate(scores)]
    batches = [seen(at, range(at * SIZE, at * SIZE + SIZE)) for at in range(20)]
    batches += [seen(20 + n, range(30), held_out=1) for n in range(len(scores))]
    copies = [WeightsCopied(20 + n, None) for n in kept]
    found = told(batches=batches, passes=[trained(), *looks], copies=copies)
    assert (found["shared"], found["chosen_by"]) == ("all", chosen)


def test_new_samples_are_not() -> None:
    assert told((1, range(100, 140))) == {"shared": "none", "shared_share": 0.0, "chosen_by": False}


def test_a_look_at_training_data_is_all_in_common_and_one_at_all_data_is_told_apart() -> None:
    assert told((1, range(30, 60)))["shared"] == "all"
    assert told((1, range(130)))["shared"] == "whole_data"
    assert told((1, range(30, 60)), (2, range(100, 140)))["shared"] == "all"


def test_slices_of_all_data_one_of_which_lies_across_the_border_are_no_leak() -> None:
    slices = [(None, range(start, start + 35)) for start in range(0, 140, 35)]
    assert told(*slices)["shared"] != "some"


def test_where_training_data_come_changed_a_part_of_them_is_no_part_of_the_validation() -> None:
    # the first epoch is as they are, the others are not: what is in common is a look at training data
    assert told((1, range(60, 100)), augmented=True)["shared"] == "all"


def test_what_is_trained_on_after_the_look_was_held_out() -> None:
    stream = [seen(at, range(at * SIZE, at * SIZE + SIZE)) for at in range(12)]
    before = [replace(one, evaluating=True, loader=None) for one in stream]
    passes = [trained(samples=240), *(looked(iteration=at, loader=None, accuracy=0.5) for at in range(12))]
    both = [one for pair in zip(before, stream, strict=True) for one in pair]
    assert told(batches=both, passes=passes)["shared"] == "none"


def test_another_fold_with_an_optimizer_of_its_own_begins_anew() -> None:
    rows = [replace(row, optimizer=row.index // 10) for row in iterations([1.0] * 20)]
    late = [seen(at, range(40 + at % 5 * SIZE, 60 + at % 5 * SIZE)) for at in range(10, 20)]
    early = [seen(at, range(at % 5 * SIZE, at % 5 * SIZE + SIZE)) for at in range(10)]
    looks = [seen(10, range(100, 140), held_out=1), seen(20, range(40), held_out=2)]
    passes = [trained(), looked(iteration=10, loader=1, accuracy=0.5), looked(iteration=20, loader=2, accuracy=0.5)]
    assert told(batches=[*early, *late, *looks], passes=passes, iterations=rows)["shared"] == "none"


def test_rows_that_may_be_alike_by_chance_or_were_not_scored_tell_nothing() -> None:
    short = [seen(at, range(SIZE), varied=3) for at in range(5)] + [seen(5, range(SIZE), varied=3, held_out=1)]
    with pytest.raises(CannotMeasure):
        told(batches=short, passes=[trained(), looked(iteration=5, accuracy=0.9)])
    with pytest.raises(CannotMeasure):
        told(batches=[seen(0, range(SIZE)), seen(5, range(SIZE), held_out=1)], passes=[trained(), looked(iteration=5)])
