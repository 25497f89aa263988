"""Tests of where the order of the calls is told to be wrong."""

from __future__ import annotations

from nndoctor.case import Place
from nndoctor.trace import BackwardSite, Iteration, StepTotals, Trace
from probes import call_order
from tests.traces import StillBench


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
