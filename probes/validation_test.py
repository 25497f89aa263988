from __future__ import annotations

import pytest

from nndoctor.trace import Pass, Trace
from probes import validation
from tests.traces import StillBench, batch, iterations, looked, loss_call, trained, values


def measured(passes: list[Pass], curve: list[float], **fields: object) -> dict[str, object]:
    calls = [loss_call(i, value=loss, accuracy=0.9) for i, loss in enumerate(curve) if i % 10 == 0]
    trace = Trace(passes=passes, iterations=iterations(curve), losses=calls)
    for name, value in fields.items():
        setattr(trace, name, value)
    return dict(values(validation.run(StillBench(trace))))


def rounds(*losses: float, every: int = 50, **fields: object) -> list[Pass]:
    return [
        one
        for number, loss in enumerate(losses, 1)
        for one in (trained(iteration=(number - 1) * every), looked(iteration=number * every, loss=loss, **fields))
    ]


def test_the_last_validation_against_training_at_that_time() -> None:
    facts = measured(rounds(2.0, 1.2, 1.0), [1.0] * 100 + [0.5] * 50)
    assert facts["present"] is True
    assert facts["evaluations"] == 3.0
    assert facts["loss"] == 1.0
    assert facts["training_loss"] == pytest.approx(0.5)
    assert facts["loss_over_training"] == pytest.approx(2.0)
    assert facts["first_loss_over_training"] == pytest.approx(2.0)
    assert facts["since_best_share"] == 0.0


def test_overfitting_shows_as_distance_from_the_best() -> None:
    facts = measured(rounds(1.0, 0.8, 1.0, 1.6), [0.1] * 200)
    assert facts["loss_over_best"] == pytest.approx(2.0)
    assert facts["since_best_share"] == pytest.approx(0.5)


def test_a_training_loss_with_other_terms_is_not_taken_for_the_loss_itself() -> None:
    calls = [loss_call(i, value=0.5) for i in range(0, 100, 10)]
    uneven = [0.5 + (i % 7) for i in range(100)]
    assert measured(rounds(1.0, 1.0), uneven, losses=calls)["training_loss"] == pytest.approx(0.5)


def test_a_sum_over_the_batch_is_compared_as_a_mean() -> None:
    calls = [loss_call(i, value=10.0, reduction="sum") for i in range(0, 50, 10)]
    assert measured(rounds(1.0), [10.0] * 50, losses=calls)["training_loss"] == pytest.approx(0.5)


def test_accuracies_are_compared_in_standard_errors() -> None:
    facts = measured(rounds(1.0, accuracy=0.5, samples=400), [1.0] * 50)
    assert facts["accuracy_gap"] == pytest.approx(0.4)
    assert 5 < float(str(facts["accuracy_gap_in_errors"])) < 20


def test_a_look_at_the_training_data_is_no_validation() -> None:
    assert measured([trained(), looked(loader=0, loss=1.0)], [1.0] * 50)["present"] is False


def test_a_policy_that_acts_is_no_validation() -> None:
    acting = [batch(i, f"state{i}", evaluating=True, loader=None) for i in range(0, 50, 10)]
    passes = [trained(loader=None), *(looked(loader=None, iteration=i) for i in range(0, 50, 10))]
    assert measured(passes, [1.0] * 50, batches=acting)["present"] is False


def test_the_same_held_out_tensor_again_and_again_is_one() -> None:
    held = [batch(i, "held", evaluating=True, loader=None) for i in (10, 20, 30)]
    passes = [trained(loader=None), *(looked(loader=None, iteration=i) for i in (10, 20, 30))]
    assert measured(passes, [1.0] * 50, batches=held)["present"] is True


def test_the_accuracy_on_the_batch_just_trained_on_is_none() -> None:
    batches = [batch(i, f"b{i}", evaluating=looking, loader=None) for i in (10, 20) for looking in (False, True)]
    passes = [trained(loader=None), *(looked(loader=None, iteration=i, loss=1.0) for i in (10, 20))]
    assert measured(passes, [1.0] * 50, batches=batches)["present"] is False


def test_a_network_that_is_never_trained_is_not_validated() -> None:
    assert measured([trained(), looked(model=7, loss=1.0)], [1.0] * 50)["present"] is False


def test_without_a_validation_this_is_said() -> None:
    assert measured([trained()], [1.0] * 50) == {"present": False, "evaluations": 0.0}


def test_a_test_after_the_last_step_is_one_though_nobody_scored_it() -> None:
    fresh = [batch(50, "test", evaluating=True, loader=None)]
    passes = [trained(loader=None), looked(loader=None, iteration=50)]
    assert measured(passes, [1.0] * 50, batches=fresh)["present"] is True
