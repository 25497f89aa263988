"""Tests of how often rare classes are named."""

from __future__ import annotations

from typing import Any

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Trace
from probes import rare_classes
from tests.traces import StillBench, loss_call, values

LABELS = {"0": 95.0, "1": 5.0}


def measured(**fields: Any) -> Any:
    return values(rare_classes.run(StillBench(Trace(losses=[loss_call(n, **fields) for n in range(6)]))))


def test_a_network_that_names_the_frequent_class_alone() -> None:
    found = measured(labels=LABELS, accuracy=0.95, top_share=1.0)
    assert found == {
        "majority_share": 0.95,
        "largest_over_smallest": 19.0,
        "weighed": False,
        "named_over_present": pytest.approx(0.0),
    }


def test_one_that_names_the_rare_class_too_often_names_it() -> None:
    assert measured(labels=LABELS, accuracy=0.9, top_share=0.87)["named_over_present"] == pytest.approx(2.6)
    # nothing but rare ones: the class that is named most is not the frequent one
    assert measured(labels=LABELS, accuracy=0.05, top_share=1.0)["named_over_present"] == pytest.approx(18.0)


def test_too_few_of_the_rare_ones_tell_nothing() -> None:
    early, late = {"0": 20.0, "1": 1.0}, {"0": 20.0}
    calls = [loss_call(n, labels=early if n < 2 else late, accuracy=1.0, top_share=1.0) for n in range(6)]
    found = values(rare_classes.run(StillBench(Trace(losses=calls))))
    assert "named_over_present" not in found
    assert found["largest_over_smallest"] == 60.0


def test_weights_are_seen_and_one_class_is_none() -> None:
    assert measured(labels=LABELS, accuracy=0.95, top_share=1.0, weighted=True)["weighed"] is True
    with pytest.raises(CannotMeasure):
        measured(labels={"0": 20.0}, accuracy=1.0, top_share=1.0)
    with pytest.raises(CannotMeasure):
        measured()


def test_the_picture_has_a_place_for_every_class_that_the_loss_tells_apart() -> None:
    calls = [loss_call(n, labels=LABELS, accuracy=0.9, top_share=0.9, classes=4) for n in range(6)]
    [picture] = rare_classes.run(StillBench(Trace(losses=calls))).pictures
    assert picture.names == ("0", "1", "2", "3")
    assert picture.series[0].y == (0.95, 0.05, 0.0, 0.0)
    assert picture.note["en"] == "The loss tells 4 classes apart; no label was met of 2, 3."
