"""Tests of which targets count."""

from __future__ import annotations

from typing import Any

from nndoctor.nonfinite import FirstNonfinite
from nndoctor.trace import Trace
from probes import counted_targets
from tests.traces import StillBench, line, loss_call, tensor, values

IGNORED = tensor((20,), dtype="int64", minimum=-100.0, maximum=-100.0)
LOST = {"loss": True, "gradient": False, "inputs": False, "targets": False, "outputs": False, "parameters": ()}


def told(*calls: Any, **first: Any) -> Any:
    nonfinite = FirstNonfinite(**{**LOST, **first}) if first else None
    return counted_targets.run(StillBench(Trace(losses=list(calls), nonfinite=nonfinite)))


def test_the_batch_that_lost_the_loss_had_nothing_to_count() -> None:
    found = told(loss_call(0), loss_call(11), iteration=14, uncounted=True)
    assert values(found) == {"nothing_counted": True, "padding_share": 0.0}
    assert (found.values["nothing_counted"].where, found.values["nothing_counted"].step) == ((line(11),), 14)
    assert values(told(loss_call(0), iteration=14, uncounted=False))["nothing_counted"] is False


def test_it_may_have_been_looked_at_closely() -> None:
    seen = loss_call(3, target=IGNORED, ignore_index=-100, value=None)
    assert values(told(loss_call(0), seen, iteration=3))["nothing_counted"] is True
    # left out of what goes backward
    assert values(told(loss_call(0), seen))["nothing_counted"] is False


def test_a_sum_over_nothing_is_zero_for_ever() -> None:
    empty: dict[str, Any] = {"target": IGNORED, "ignore_index": -100, "value": 0.0, "reduction": "sum"}
    assert values(told(loss_call(0, **empty), loss_call(1, **empty)))["nothing_counted"] is True
    assert values(told(loss_call(0, **empty), loss_call(1, reduction="sum")))["nothing_counted"] is False


def test_padding_that_counts_is_told_by_its_share() -> None:
    assert (
        values(told(*(loss_call(n, padding=share) for n, share in enumerate((0.4, 0.5, 0.6)))))["padding_share"] == 0.5
    )


def test_padding_that_a_mask_or_a_weight_takes_out_does_not_count() -> None:
    assert values(told(loss_call(0, padding=0.5, reduction="none")))["padding_share"] == 0.0
    assert values(told(loss_call(0, padding=0.5, weighted=True)))["padding_share"] == 0.0
