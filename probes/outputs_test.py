from __future__ import annotations

import math

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.seen import LossCall
from nndoctor.trace import Trace
from probes import outputs
from tests.traces import StillBench, iterations, loss_call, tensor, trained, values

EVEN = {"0": 10.0, "1": 10.0}


def measured(calls: list[LossCall], **fields: object) -> dict[str, object]:
    trace = Trace(losses=calls, iterations=iterations([1.0] * 100), passes=[trained()])
    for name, value in fields.items():
        setattr(trace, name, value)
    return dict(values(outputs.run(StillBench(trace))))


def test_the_same_class_for_all_is_no_better_than_the_majority() -> None:
    facts = measured(
        [loss_call(i, labels=EVEN, value=math.log(2), accuracy=0.5, top_share=1.0) for i in range(0, 99, 11)]
    )
    assert facts["accuracy_over_majority_in_errors"] == pytest.approx(0.0)
    assert facts["top_share"] == 1.0
    assert facts["loss_over_label_entropy"] == pytest.approx(1.0)
    assert facts["task"] == "classes"


def test_only_the_end_of_what_was_seen_counts() -> None:
    calls = [loss_call(i, labels=EVEN, accuracy=0.5 if i < 50 else 1.0, top_share=0.5) for i in range(0, 99, 11)]
    facts = measured(calls)
    assert facts["accuracy"] == 1.0
    assert facts["seen_at_share"] == pytest.approx(88 / 99)


def test_outputs_that_do_not_differ_between_samples_are_constant() -> None:
    calls = [loss_call(0, output_std_over_samples=0.5, output_std=0.5)]
    calls += [loss_call(i, output_std_over_samples=1e-9, output_std=1.0) for i in (50, 90)]
    facts = measured(calls)
    assert facts["constant"] is True
    assert facts["spread_over_start"] == pytest.approx(2e-9)


def test_a_regression_that_answers_the_mean() -> None:
    calls = [
        loss_call(
            i,
            function="mse_loss",
            value=4.0,
            target=tensor((20,), std=2.0),
            output_std_over_samples=0.1,
            output_std=0.1,
        )
        for i in range(0, 99, 11)
    ]
    facts = measured(calls)
    assert facts["task"] == "numbers"
    assert facts["loss_over_target_variance"] == pytest.approx(1.0)
    assert facts["spread_over_target_spread"] == pytest.approx(0.05)


def test_targets_of_unequal_scale_are_judged_each_by_its_own_variance() -> None:
    target = tensor((20, 2), mean=50.0, std=50.0, channel_mean=(0.0, 100.0), channel_std=(1.0, 1.0))
    facts = measured([loss_call(0, function="mse_loss", value=1.0, target=target)])
    assert facts["loss_over_target_variance"] == pytest.approx(1.0)


def test_weighted_losses_are_not_held_against_the_entropy() -> None:
    facts = measured([loss_call(i, labels=EVEN, accuracy=0.5, weighted=True) for i in range(3)])
    assert "loss_over_label_entropy" not in facts


def test_an_adversary_is_named() -> None:
    assert measured([loss_call(0)], passes=[trained(feeds=True)])["adversarial"] is True


def test_without_a_loss_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        measured([])
