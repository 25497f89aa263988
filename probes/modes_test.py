from __future__ import annotations

from dataclasses import replace

import pytest

from nndoctor.probe import CannotMeasure
from nndoctor.trace import Pass, PassCut, Trace
from probes import modes
from tests.traces import StillBench, batch, iterations, loader, looked, model, trained, values


def measured(passes: list[Pass], **fields: object) -> dict[str, object]:
    trace = Trace(passes=passes, iterations=iterations([1.0] * 100), models={0: model("Linear", "BatchNorm1d")})
    for name, value in fields.items():
        setattr(trace, name, value)
    return dict(values(modes.run(StillBench(trace))))


def test_train_and_eval_in_their_places_show_nothing() -> None:
    facts = measured([trained(), looked(), trained(iteration=50), looked(iteration=100)])
    assert facts["trained_in_eval_share"] == 0.0
    assert facts["train_mode_lost"] is False
    assert facts["evaluated_in_train_mode_share"] == 0.0


def test_train_mode_lost_after_the_first_evaluation() -> None:
    facts = measured([trained(), looked(), trained(iteration=50, training=False, active=0)])
    assert facts["trained_in_eval_share"] == pytest.approx(0.5)
    assert facts["train_mode_lost"] is True


def test_a_rehearsal_cut_off_soon_after_its_first_epoch_counts_from_there() -> None:
    passes = [trained(), looked(iteration=95), trained(iteration=95, training=False, active=0)]
    assert measured(passes)["trained_in_eval_share"] == pytest.approx(0.05)
    assert measured(passes, cuts=[PassCut(0, 0, 95, 2000)])["trained_in_eval_share"] == 1.0


def test_an_evaluation_before_training_leaves_a_net_from_scratch_in_eval_mode() -> None:
    facts = measured([looked(iteration=0), trained(training=False, active=0)])
    assert facts["trained_in_eval_share"] == 1.0
    assert facts["train_mode_lost"] is True


def test_a_mostly_frozen_net_in_eval_mode_is_meant() -> None:
    facts = measured([looked(iteration=0), trained(training=False, active=0)], models={0: model(trainable=False)})
    assert facts["train_mode_lost"] is False


def test_a_loaded_net_in_eval_mode_is_left_open() -> None:
    facts = measured([looked(iteration=0), trained(training=False, active=0)], models={0: model(loaded=True)})
    assert "train_mode_lost" not in facts


def test_batch_norm_kept_in_eval_inside_a_training_net_is_meant() -> None:
    assert measured([trained(active=0)])["trained_in_eval_share"] == 0.0


def test_adversarial_samples_made_in_eval_mode_are_no_training_in_eval_mode() -> None:
    passes = [
        one
        for i in range(0, 100, 10)
        for one in (trained(iteration=i, training=False, active=0, calls=9), trained(iteration=i + 9, calls=1))
    ]
    steps = [replace(row, optimizer=0 if row.index % 10 == 9 else -1) for row in iterations([1.0] * 100)]
    assert measured(passes, iterations=steps)["trained_in_eval_share"] == 0.0


def test_a_net_that_no_optimizer_holds_is_not_trained() -> None:
    facts = measured([trained(sensitive=0, active=0)])
    assert facts["sensitive_modules"] == 0.0
    assert "trainable_share" not in facts


def test_validation_in_train_mode() -> None:
    facts = measured([trained(), looked(training=True, active=2), trained(iteration=50), looked(iteration=100)])
    assert facts["evaluated_in_train_mode_share"] == pytest.approx(0.5)
    assert facts["evaluation_draws"] is False


def test_monte_carlo_dropout_asks_the_same_again() -> None:
    facts = measured([trained(), looked(training=True, active=2, repeats=0.9)])
    assert facts["evaluation_draws"] is True


def test_monte_carlo_dropout_loader_by_loader() -> None:
    facts = measured(
        [trained(), looked(training=True, active=2, samples=2000)], loaders={1: loader(1, length=100), 0: loader(0)}
    )
    assert facts["evaluation_draws"] is True


def test_the_same_inputs_thrice_at_one_time_are_draws() -> None:
    again = [batch(50, "held", evaluating=True, loader=1) for _ in range(3)]
    assert measured([trained(), looked(training=True, active=2)], batches=again)["evaluation_draws"] is True


def test_a_sampling_generator_is_no_evaluation() -> None:
    facts = measured([trained(feeds=True), looked(training=True, active=2, feeds=True, loader=None)])
    assert facts["evaluated_in_train_mode_share"] == 0.0


def test_without_training_nothing_is_measured() -> None:
    with pytest.raises(CannotMeasure):
        measured([looked()])


def test_batch_norms_with_running_statistics_are_counted_once() -> None:
    assert measured([trained(), looked(), trained(iteration=50)])["running_norms"] == 1.0
    assert measured([trained()], models={0: model("Dropout")})["running_norms"] == 0.0
