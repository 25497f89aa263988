"""Tests of the library that a training is written with."""

from __future__ import annotations

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import ModelSeen
from nndoctor.trace import Trace
from probes import written_with
from tests.traces import StillBench, line, values


def model(number: int, library: str) -> ModelSeen:
    return ModelSeen(number, "Sequential", line(7), (), (), library=library)


def test_a_model_of_keras_is_named_with_its_line() -> None:
    trace = Trace(models={0: model(0, ""), 1: model(1, "keras")})
    facts = written_with.run(StillBench(trace))
    assert values(facts) == {"library": "keras"}
    assert facts.values["library"].where == (line(7),)


def test_any_other_model_is_one_of_torch() -> None:
    assert values(written_with.run(StillBench(Trace(models={0: model(0, "")})))) == {"library": "torch"}


def test_without_a_model_nothing_is_said() -> None:
    with pytest.raises(CannotMeasure):
        written_with.run(StillBench(Trace()))
