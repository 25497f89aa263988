"""Tests of the look at autograd functions."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes.own_functions import run
from tests.traces import StillBench, graph, line, values


def test_functions_are_told_with_the_line_of_their_backward() -> None:
    facts = run(StillBench(Trace(graphs=[graph(0), graph(1, functions=(line(7),)), graph(2, functions=(line(7),))])))
    assert values(facts) == {"used": True}
    assert facts.values["used"].where == (line(7),)


def test_without_any_there_are_none() -> None:
    assert values(run(StillBench(Trace(graphs=[graph(0)])))) == {"used": False}


def test_without_a_backward_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        run(StillBench(Trace()))
