"""Tests of whether class weights make up for an imbalance."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import class_weights
from tests.traces import StillBench, iterations, loss_call, values

LABELS = {"0": 860.0, "1": 100.0, "2": 40.0}


def slope(weights: tuple[float, ...], labels: Mapping[str, float] = LABELS) -> float:
    calls = [loss_call(n, labels=labels, class_weights=weights) for n in range(6)]
    return float(str(values(class_weights.run(StillBench(Trace(iterations=iterations([1.0]), losses=calls))))["slope"]))


def test_shares_as_weights_follow_the_frequency() -> None:
    assert slope((0.86, 0.1, 0.04)) == pytest.approx(1.0)
    # n_pos / n_neg where n_neg / n_pos is meant
    assert slope((1.0, 0.05), {"0": 950.0, "1": 50.0}) > 0.9


@pytest.mark.parametrize(
    "weights",
    [
        (1 / 0.86, 10.0, 25.0),
        (1 / 860**0.5, 0.1, 1 / 40**0.5),
        tuple((1 - 0.999) / (1 - 0.999**n) for n in (860, 100, 40)),
        (0.0, 10.0, 25.0),  # padding has none
    ],
)
def test_weights_that_make_up_for_it_go_the_other_way(weights: tuple[float, ...]) -> None:
    assert slope(weights) < -0.4


def test_equal_weights_have_no_slope() -> None:
    assert slope((3.0, 3.0, 3.0)) == pytest.approx(0.0)


@pytest.mark.parametrize(("weights", "labels"), [((2.0, 0.0, 0.0), LABELS), ((5.0, 1.0), {"0": 52.0, "1": 48.0})])
def test_weights_that_have_nothing_to_follow_have_none(weights: tuple[float, ...], labels: Mapping[str, float]) -> None:
    assert slope(weights, labels) == 0.0


def test_most_losses_have_none() -> None:
    trace = Trace(iterations=iterations([1.0]), losses=[loss_call(0, labels=LABELS)])
    assert values(class_weights.run(StillBench(trace))) == {"given": False}


def test_nothing_is_told_of_a_script_that_does_not_train() -> None:
    with pytest.raises(CannotMeasure):
        class_weights.run(StillBench(Trace()))
