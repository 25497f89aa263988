from __future__ import annotations

import pytest

from nndoctor.evaluating import EvalCallSeen
from nndoctor.probe import CannotMeasure
from nndoctor.trace import Pass, Trace
from probes import eval_dropout
from tests.traces import StillBench, batch, iterations, line, looked, trained, values

PASSES = [trained(), looked(), trained(iteration=50), looked(iteration=100)]
DROPPED = [EvalCallSeen(0, 50, ("dropout",), (line(7),)), EvalCallSeen(0, 100, ("dropout",), (line(7),))]


def bench(calls: list[EvalCallSeen], passes: list[Pass] | None = None, **fields: object) -> StillBench:
    trace = Trace(passes=passes or PASSES, iterations=iterations([1.0] * 100), eval_calls=calls)
    for name, value in fields.items():
        setattr(trace, name, value)
    return StillBench(trace)


def test_dropout_at_work_in_evaluation_mode_is_told_with_its_line() -> None:
    facts = eval_dropout.run(bench(DROPPED))
    assert values(facts)["dropping_share"] == 1.0
    assert values(facts)["by"] == "dropout"
    assert values(facts)["asked_again"] is False
    assert facts.values["dropping_share"].where == (line(7),)
    assert facts.values["dropping_share"].step == 50


def test_a_sound_evaluation_shows_nothing() -> None:
    facts = values(eval_dropout.run(bench([EvalCallSeen(0, 50, (), ())])))
    assert facts["dropping_share"] == 0.0
    assert facts["by"] == "none"


def test_samples_that_are_asked_many_times_speak_of_intent() -> None:
    again = [looked(repeats=0.9), trained(iteration=50)]
    assert values(eval_dropout.run(bench(DROPPED, again)))["asked_again"] is True
    thrice = [batch(100, "a", training=False, evaluating=True) for _ in range(3)]
    assert values(eval_dropout.run(bench(DROPPED, batches=thrice)))["asked_again"] is True


def test_a_generator_is_told_apart() -> None:
    through = [trained(feeds=True), looked()]
    assert values(eval_dropout.run(bench(DROPPED, through)))["generates"] is True


def test_a_model_that_is_not_trained_or_not_looked_at_is_no_evaluation() -> None:
    with pytest.raises(CannotMeasure):
        eval_dropout.run(bench(DROPPED, [trained()]))
    with pytest.raises(CannotMeasure):
        eval_dropout.run(bench([EvalCallSeen(1, 50, ("dropout",), (line(7),))]))
