"""Tests of where the order of the calls is told to be wrong."""

from __future__ import annotations

from dataclasses import replace

from nndoctor.case import Place
from nndoctor.seen import GroupSeen, OptimizerSeen
from nndoctor.trace import BackwardSite, Iteration, StepTotals, Trace
from probes import call_order
from tests.traces import StillBench, graph


def book(optimizer: int, uncleaned: int) -> StepTotals:
    place = Place("gan.py", 10 + optimizer)
    return StepTotals(
        optimizer, 50, uncleaned, 0, 0, 50, schedule_before_step=False, tokens="BS", place=place, judged=50
    )


def test_in_a_gan_the_backward_pass_of_the_guilty_optimizer_is_named() -> None:
    rows = [Iteration(n, n * 0.1, 1.0 + n % 2, n % 2, optimizer=n % 2) for n in range(100)]
    sites = {curve: BackwardSite(curve, Place("gan.py", 20 + curve)) for curve in (0, 1)}
    for guilty in (0, 1):
        totals = {n: book(n, 49 if n == guilty else 0) for n in (0, 1)}
        fact = call_order.run(StillBench(Trace(iterations=rows, sites=sites, totals=totals))).values["uncleaned_share"]
        assert fact.value == 1.0
        assert fact.where == (Place("gan.py", 20 + guilty), Place("gan.py", 10 + guilty))


def told(tokens: str, *, empty: int = 50, missing: int = 50) -> dict[str, object]:
    """What is told of fifty steps with these calls round each, at each of which the gradients were missing."""
    total = StepTotals(
        0, 50, 0, empty, 0, 50, schedule_before_step=False, tokens=tokens * 50, looked=50, missing=missing, judged=50
    )
    trace = Trace(iterations=[Iteration(n, n * 0.1, 1.0, 0, optimizer=0) for n in range(50)], totals={0: total})
    facts = call_order.run(StillBench(trace)).values
    return {name: facts[name].value for name in ("empty_share", "zeroed_share")}


def test_a_cleaning_between_backward_and_step_is_told_from_a_step_that_comes_first() -> None:
    assert told("FBZS") == {"empty_share": 1.0, "zeroed_share": 1.0}
    assert told("FBS") == {"empty_share": 1.0, "zeroed_share": 1.0}  # cleaned by hand
    assert told("FBFBZS") == {"empty_share": 1.0, "zeroed_share": 1.0}  # two backward passes to a step
    assert told("BZFS")["zeroed_share"] == 0.0  # the step comes before its backward pass
    assert told("ZFBS", empty=0, missing=0) == {"empty_share": 0.0, "zeroed_share": 0.0}


def test_of_an_optimizer_whose_weights_no_gradient_reaches_the_order_is_not_judged() -> None:
    """Though another one trained them before it was built."""
    rows = [Iteration(n, n * 0.1, 1.0, 0, optimizer=n // 50) for n in range(100)]
    group = GroupSeen(0.1, 0.0, 0.9, ("0:0.weight",))
    empty = replace(book(1, 0), tokens="ZFBS" * 50, looked=50, missing=50, empty=50)

    def shares(late: tuple[str, ...]) -> list[object]:
        trace = Trace(
            iterations=rows,
            totals={0: book(0, 0), 1: empty},
            optimizers={n: OptimizerSeen(n, "SGD", None, (group,), 0, 0) for n in (0, 1)},
            graphs=[graph(0, reached=("0:0.weight",)), graph(50, reached=late)],
        )
        facts = call_order.run(StillBench(trace)).values
        return [facts[name].value for name in ("empty_share", "zeroed_share")]

    assert shares(()) == [0.0, 0.0]
    assert shares(("0:0.weight",)) == [1.0, 1.0]
