from __future__ import annotations

from nndoctor.case import Evidence
from nndoctor.tui.chart import KEPT_POINTS, Chart, Point, thinned
from nndoctor.wire import EvidenceArrived, Printed, Progressed, RunBegan, RunFinished, WorkerReady


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_run_of_known_length_tells_its_share_and_what_is_left() -> None:
    clock = Clock()
    chart = Chart(clock)
    chart.hear(RunBegan("watch", 7, 60.0))
    assert chart.running
    chart.hear(Progressed("watch", 50, 200, 5.0, ((49, 2.3),)))
    assert chart.run is not None
    assert (chart.run.share(105.0), chart.run.remaining(105.0)) == (0.25, 15.0)
    chart.hear(RunFinished("watch", "finished", 0, 20.0, "watch.jsonl"))
    assert not chart.running
    assert chart.run.elapsed(500.0) == 20.0


def test_a_run_of_unknown_length_is_told_by_its_limit() -> None:
    chart = Chart(Clock())
    chart.hear(RunBegan("watch", 7, 60.0))
    assert chart.run is not None
    assert (chart.run.share(115.0), chart.run.remaining(115.0)) == (0.25, 45.0)


def test_what_is_left_is_never_more_than_the_limit_allows() -> None:
    chart = Chart(Clock())
    chart.hear(RunBegan("watch", 7, 60.0))
    chart.hear(Progressed("watch", 1, 1_000_000, 5.0))
    assert chart.run is not None
    assert chart.run.remaining(105.0) == 55.0


def test_a_worker_that_died_leaves_no_run_behind() -> None:
    chart = Chart(Clock())
    chart.hear(RunBegan("watch", 7, 60.0))
    chart.at_work = "loss_curve"
    chart.hear(EvidenceArrived(Evidence("loss_curve", "died", why="the worker ended with signal SIGSEGV")))
    assert not chart.running
    assert chart.at_work == ""
    assert chart.evidence["loss_curve"].outcome == "died"


def test_a_rerun_leaves_the_watched_curve_in_place() -> None:
    chart = Chart(Clock())
    for purpose, loss in (("watch", 2.0), ("LearningRateTimes", 1.0)):
        chart.hear(RunBegan(purpose, 7, 60.0))
        chart.hear(Progressed(purpose, 1, None, 1.0, ((0, loss),)))
    assert chart.watched is not None
    assert chart.watched.points == [(0, 2.0)]


def test_news_of_no_run_are_harmless() -> None:
    chart = Chart(Clock())
    chart.hear(Progressed("watch", 1, 2, 1.0, ((0, 1.0),)))
    chart.hear(RunFinished("watch", "finished", 0, 1.0, ""))
    chart.hear(Printed("stdout", "hello\n"))
    chart.hear(WorkerReady({}))
    assert chart.run is None
    assert len(chart.transcript) == 1


def test_a_long_run_is_thinned_but_its_spikes_and_gaps_stay() -> None:
    points: list[Point] = [(step, 1.0) for step in range(KEPT_POINTS * 3)]
    points[4321] = (4321, 99.0)
    points[7777] = (7777, None)
    kept = thinned(points, 500)
    assert len(kept) <= 1500
    assert (4321, 99.0) in kept
    assert (7777, None) in kept
    assert kept == sorted(kept, key=lambda point: point[0])
    chart = Chart(Clock())
    chart.hear(RunBegan("watch", 7, 60.0))
    for first in range(0, len(points), 100):
        chart.hear(Progressed("watch", first, None, 1.0, tuple(points[first : first + 100])))
    assert chart.run is not None
    assert len(chart.run.points) <= KEPT_POINTS
    assert (4321, 99.0) in chart.run.points
