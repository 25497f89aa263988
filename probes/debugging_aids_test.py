from __future__ import annotations

import pytest

from nndoctor.burden import AidSeen, Burden
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import debugging_aids
from tests.traces import StillBench, iterations, line, values


def test_an_aid_that_is_on_throughout() -> None:
    aid = AidSeen("anomaly", 200, 200, late=True, place=line(7))
    facts = debugging_aids.run(StillBench(Trace(iterations=iterations([1.0]), burden=Burden(aids=(aid,)))))
    assert values(facts) == {"share": 1.0, "still_on": True, "kind": "anomaly", "looked_at": 200}
    assert facts.values["share"].where == (line(7),)


def test_of_two_aids_the_one_that_stays_on() -> None:
    some = AidSeen("profiler", 20, 200, late=False, place=line(3))
    stays = AidSeen("launch_blocking", 15, 200, late=True, place=None)
    facts = debugging_aids.run(StillBench(Trace(iterations=iterations([1.0]), burden=Burden(aids=(some, stays)))))
    assert values(facts)["kind"] == "launch_blocking"


def test_without_any_nothing_is_on() -> None:
    facts = debugging_aids.run(StillBench(Trace(iterations=iterations([1.0]), burden=Burden())))
    assert values(facts) == {"share": 0.0, "still_on": False, "kind": "none"}


def test_a_run_that_was_not_seen_to_its_end_can_not_be_measured() -> None:
    with pytest.raises(CannotMeasure):
        debugging_aids.run(StillBench(Trace()))
