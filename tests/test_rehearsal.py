"""When passes over loaders are ended early, and when they are left alone; on a clock that the test turns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nndoctor.case import Rehearse, Watching
from nndoctor.seen import LoaderSeen
from nndoctor.trace import PassCut, RunEnded, Trace
from nndoctor.worker.asker import takes_an_end
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.rehearsal import MOST_EPOCHS, Rehearsal, Shortening, watching


class Batches:
    """One iteration over a loader, as the tap leads it past the rehearsal."""

    def __init__(self, run: Run, length: int | None, each: float) -> None:
        self._run = run
        self._each = each
        self._length = length
        self._left = 10**9 if length is None else length
        self._pass = run.rehearsal.begins(self, length, None)

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> int:
        if self._run.rehearsal.ends(self._pass, sys._getframe(1)):
            raise StopIteration
        if not self._left:
            self._run.rehearsal.ran_out(self._pass)
            raise StopIteration
        self._left -= 1
        self._run.now += self._each
        self._run.rehearsal.drew(self._pass)
        return self._pass.taken


@dataclass
class Run:
    """A program and its clock; `log` has (kind, batches) for each pass that came to an end."""

    path: Path
    seconds: float = 100.0
    when: Rehearse = "as_needed"
    cuts: dict[int, int] = field(default_factory=dict)
    now: float = 0.0
    log: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = Journal(self.path)
        self.rehearsal = Rehearsal(self.journal, Shortening(None, self.seconds, self.when, self.cuts), lambda: self.now)

    def loader(self, length: int | None, each: float = 1.0) -> Batches:
        return Batches(self, length, each)

    def step(self) -> None:
        self.rehearsal.went_backward()
        self.rehearsal.stepped()

    def train(self, length: int | None, each: float = 1.0) -> int:
        count = 0
        for _ in self.loader(length, each):
            self.step()
            count += 1
        self.log.append(("train", count))
        return count

    def validate(self, length: int | None, each: float = 1.0) -> None:
        self.log.append(("validate", sum(1 for _ in self.loader(length, each))))

    @property
    def trace(self) -> Trace:
        self.journal.flush()
        return read_trace(self.path)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "journal")


def test_two_epochs_that_fit_are_left_alone(run: Run) -> None:
    for _ in range(3):
        run.train(30)
        run.validate(5)
    assert run.log == [("train", 30), ("validate", 5)] * 3
    assert not run.trace.cuts


def test_a_long_epoch_is_cut_and_so_is_its_validation_and_the_second_comes_within_the_time(run: Run) -> None:
    for _ in range(2):
        run.train(10_000)
        run.validate(1_000)
    assert run.now <= run.seconds
    kinds, batches = zip(*run.log, strict=True)
    assert kinds == ("train", "validate") * 2
    assert batches[0] == 34
    assert batches[2] >= 24
    assert all(count >= 2 for count in batches)


def test_after_the_second_validation_nothing_is_cut_any_more(run: Run) -> None:
    for _ in range(2):
        run.train(10_000)
        run.validate(1_000)
    assert run.train(500) == 500
    assert run.rehearsal.seen
    assert not run.rehearsal.is_over


def test_a_validation_that_fits_runs_whole(run: Run) -> None:
    for _ in range(2):
        run.train(10_000)
        run.validate(3)
    assert [count for kind, count in run.log if kind == "validate"] == [3, 3]


def test_without_any_validation_few_epochs_are_cut_and_then_no_more(run: Run) -> None:
    lengths = [run.train(10_000 if epoch < MOST_EPOCHS else 300) for epoch in range(MOST_EPOCHS + 1)]
    assert all(length < 100 for length in lengths[:-1])
    assert lengths[-1] == 300


def test_a_validation_every_third_epoch_is_reached(run: Run) -> None:
    for epoch in range(4):
        run.train(10_000)
        if epoch % 3 == 2:
            run.validate(1_000)
    assert run.now < run.seconds
    assert ("validate" in dict(run.log)) and run.log[-1][0] == "train"


def test_whoever_wants_all_of_it_gets_it(tmp_path: Path) -> None:
    run = Run(tmp_path / "journal", when="never")
    run.train(1_000)
    assert run.log == [("train", 1_000)]


def test_a_wished_rehearsal_is_short_though_all_would_fit(tmp_path: Path) -> None:
    run = Run(tmp_path / "journal", seconds=1e6, when="always")
    for _ in range(3):
        run.train(1_000)
        run.validate(500)
    kinds, batches = zip(*run.log, strict=True)
    assert kinds == ("train", "validate") * 3
    assert batches == (200, 200, 24, 200, 1_000, 500)
    assert run.rehearsal.is_over


def test_a_rerun_is_cut_at_the_same_batches(run: Run, tmp_path: Path) -> None:
    for _ in range(3):
        run.train(400)
        run.validate(90)
    cuts = {cut.number: cut.batches for cut in run.trace.cuts}
    again = Run(tmp_path / "again", when="never", cuts=cuts)
    for _ in range(3):
        again.train(400, each=0.01)
        again.validate(90, each=0.01)
    assert cuts
    assert again.log == run.log
    assert [cut.batches for cut in again.trace.cuts] == list(cuts.values())


def test_a_stream_without_a_length_is_cut_when_its_time_is_over(run: Run) -> None:
    assert run.train(None, each=0.5) == 67


def test_a_bare_next_is_never_told_of_an_end(run: Run) -> None:
    batches = run.loader(300)
    for _ in range(300):
        next(batches)
        run.step()
    assert [cut.done for cut in run.trace.cuts] == [False]


def test_who_catches_the_end_or_has_a_default_is_told(run: Run) -> None:
    batches = run.loader(300)
    count = 0
    while next(batches, None) is not None:
        run.step()
        count += 1
    assert count == 34
    batches = run.loader(300)
    while True:
        try:
            next(batches)
        except StopIteration:
            break
        run.step()
    assert [cut.done for cut in run.trace.cuts] == [True, True]


class Around:
    """An iterator around a loader that leaves its end to whoever asks."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return next(self._batches)


def test_an_iterator_around_the_loader_hands_the_end_on(run: Run) -> None:
    count = 0
    for _, batch in enumerate(zip(Around(run.loader(300)), range(1000))):  # noqa: B905
        assert batch
        run.step()
        count += 1
    assert count == 34


class Counting(Around):
    """One that knows which of its batches is the last, as long as all of them come."""

    def __init__(self, batches: Batches, length: int | None) -> None:
        super().__init__(batches)
        self.given, self.length = 0, length

    def __next__(self) -> int:
        batch = super().__next__()
        self.given += 1
        return batch


def test_who_counts_to_the_last_batch_is_not_told_of_an_earlier_end(run: Run) -> None:
    given = []
    for batch in Counting(run.loader(300), 300):
        run.step()
        given.append(batch)
    assert len(given) == 300
    assert [(cut.batches, cut.done) for cut in run.trace.cuts] == [(34, False)]


def test_who_counts_without_knowing_the_last_batch_is_told(run: Run) -> None:
    for _ in Counting(run.loader(300), None):
        run.step()
    assert [(cut.batches, cut.done) for cut in run.trace.cuts] == [(34, True)]


def test_a_strict_zip_is_not_told_of_an_end(run: Run) -> None:
    count = 0
    for _ in zip(run.loader(60), run.loader(60), strict=True):
        run.step()
        count += 1
    assert count == 60


def test_a_loader_that_goes_round_within_the_epoch_does_not_make_epochs(run: Run) -> None:
    for _ in range(2):
        others: Iterator[int] = run.loader(10, 0.0)
        count = 0
        for _ in run.loader(10_000):
            try:
                next(others)
            except StopIteration:
                others = run.loader(10, 0.0)
            run.step()
            count += 1
        run.log.append(("train", count))
        run.validate(1_000)
    assert run.now <= run.seconds
    assert [kind for kind, _ in run.log] == ["train", "validate"] * 2


def test_a_pass_that_the_user_leaves_is_no_reason_to_cut_the_next(run: Run) -> None:
    for _ in range(2):
        for batch in run.loader(10_000):
            run.step()
            if batch == 20:
                break
        run.validate(5)
    assert not run.trace.cuts


def test_a_step_of_several_micro_batches_is_not_torn(run: Run) -> None:
    for batch in run.loader(10_000):
        run.rehearsal.went_backward()
        if batch % 8 == 0:
            run.rehearsal.stepped()
    assert [cut.batches for cut in run.trace.cuts] == [40]


def test_the_watching_is_told(run: Run) -> None:
    cut = PassCut(0, 0, 34, 10_000)
    assert watching(Trace(cuts=[cut, PassCut(1, 1, 12, 90)]), "as_needed") == Watching("rehearsed", 2, 34, 10_000)
    assert watching(Trace(cuts=[cut, PassCut(1, 1, 50, 90)]), "as_needed") == Watching("rehearsed", 2, 34, 10_000)
    stopped = RunEnded("stopped", 9, 60.0)
    assert watching(Trace(ended=stopped), "as_needed").how == "unshortened"
    assert watching(Trace(ended=stopped), "never").how == "full"
    seen = LoaderSeen(0, None, "TensorDataset", 100, 10, "RandomSampler", 0, drop_last=False)
    assert watching(Trace(ended=stopped, loaders={0: seen}), "as_needed").how == "full"
    refused = PassCut(0, 0, 34, 10_000, done=False)
    assert watching(Trace(ended=stopped, loaders={0: seen}, cuts=[refused]), "as_needed").how == "unshortened"


def test_nobody_takes_an_end() -> None:
    assert not takes_an_end(None)
