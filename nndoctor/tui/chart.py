"""The chart at the bedside: what the lab's news add up to, for the examination screen to draw."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nndoctor.case import Evidence
from nndoctor.tui.transcript import Transcript
from nndoctor.wire import EvidenceArrived, News, Printed, Progressed, RunBegan, RunFinished, WorkerReady

KEPT_POINTS = 4000
WATCH = "watch"
Point = tuple[int, float | None]


@dataclass(slots=True)
class Run:
    """One run of the user's script: how far it is, how long it may take, and the losses seen."""

    purpose: str
    limit: float
    began: float
    iteration: int = 0
    of: int | None = None
    seconds: float = 0.0
    how: str = ""
    points: list[Point] = field(default_factory=list)

    def add(self, news: Progressed) -> None:
        """Takes over how far it is; losses beyond what a screen can show are thinned."""
        self.iteration, self.of, self.seconds = news.iteration, news.of, news.seconds
        self.points.extend(news.points)
        if len(self.points) > KEPT_POINTS:
            self.points = thinned(self.points, KEPT_POINTS // 4)

    def elapsed(self, now: float) -> float:
        """Seconds since it began: by the clock while it lives, for news come only with iterations."""
        return self.seconds if self.how else max(self.seconds, now - self.began)

    def share(self, now: float) -> float | None:
        """How much of the run is done, 0 to 1; by its time limit where its length is not known."""
        if self.of:
            return min(1.0, self.iteration / self.of)
        return min(1.0, self.elapsed(now) / self.limit) if self.limit > 0 else None

    def remaining(self, now: float) -> float | None:
        """Seconds that are left at the present pace, never more than the limit allows."""
        allowed = max(0.0, self.limit - self.elapsed(now))
        if self.of and self.iteration and self.seconds:
            return min(allowed, self.seconds * (self.of - self.iteration) / self.iteration)
        return allowed if self.limit > 0 else None


@dataclass(slots=True)
class Chart:
    """All news of one patient: the runs, the evidence by probe, the output, and the probe at work."""

    clock: Callable[[], float] = time.monotonic
    ready: WorkerReady | None = None
    run: Run | None = None
    watched: Run | None = None
    at_work: str = ""
    trying: str = ""
    """The rule whose cure is being tried."""
    summary: str = ""
    """What came of it, once the examination is over or was stopped."""
    stopped: bool = False
    evidence: dict[str, Evidence] = field(default_factory=dict)
    transcript: Transcript = field(default_factory=Transcript)

    def hear(self, news: News) -> None:
        """Takes one piece of news."""
        match news:
            case WorkerReady():
                self.ready = news
            case RunBegan():
                self.run = Run(news.purpose, news.seconds, self.clock())
                if news.purpose == WATCH:
                    self.watched = self.run
            case Progressed() if self.run is not None:
                self.run.add(news)
            case RunFinished() if self.run is not None:
                self.run.how, self.run.seconds = news.how, news.seconds
            case Printed():
                self.transcript.feed(news.stream, news.text)
            case EvidenceArrived():
                self.keep(news.evidence)
            case _:
                pass

    def keep(self, evidence: Evidence) -> None:
        """Takes what one probe brought home."""
        self.evidence[evidence.probe] = evidence
        if self.run is not None and not self.run.how:  # a worker that died says nothing of its run
            self.run.how, self.run.seconds = evidence.outcome, self.run.elapsed(self.clock())
        if self.at_work == evidence.probe:
            self.at_work = ""

    @property
    def running(self) -> bool:
        """Whether a run of the user's script is going on."""
        return self.run is not None and not self.run.how


def thinned(points: list[Point], groups: int) -> list[Point]:
    """The points in so many groups, of each its lowest, highest and first non-finite: spikes and gaps stay.

    At most three points a group are kept, in their order.
    """
    if len(points) <= 3 * groups:
        return points
    kept: list[Point] = []
    size = len(points) / groups
    for group in range(groups):
        members = points[int(group * size) : int((group + 1) * size)]
        finite = [(value, index) for index, (_, value) in enumerate(members) if value is not None]
        wanted = {min(finite)[1], max(finite)[1]} if finite else set()
        wanted |= {next((index for index, (_, value) in enumerate(members) if value is None), -1)} - {-1}
        kept.extend(members[index] for index in sorted(wanted))
    return kept
