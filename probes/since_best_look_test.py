from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from nndoctor.evaluating import WeightsCopied
from nndoctor.probe import CannotMeasure
from nndoctor.seen import LossCall
from nndoctor.trace import Trace
from probes import since_best_look
from tests.traces import StillBench, iterations, line, looked, loss_call, trained, values

EACH = 30
TURNED = [1.0, 0.8, 0.7, 0.6, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]


def measured(
    losses: Sequence[float],
    accuracies: Sequence[float] = (),
    copied: Sequence[int] = (),
    held: Sequence[LossCall] = (),
    *,
    falls: bool = True,
) -> dict[str, object]:
    passes = []
    for n, loss in enumerate(losses, start=1):
        accuracy = accuracies[n - 1] if accuracies else None
        look = looked(iteration=EACH * n, loss=loss, accuracy=accuracy, samples=400)
        passes += [trained(iteration=EACH * (n - 1)), look]
    curve = iterations([0.97 ** (n if falls else 0) for n in range(EACH * len(losses))])
    calls = [*(loss_call(row.index, value=row.loss) for row in curve), *held]
    kept = [WeightsCopied(EACH * n, line(30)) for n in copied]
    trace = Trace(passes=passes, iterations=curve, losses=calls, copies=kept)
    return dict(values(since_best_look.run(StillBench(trace))))


def test_a_validation_that_turns_while_the_training_goes_on() -> None:
    facts = measured(TURNED)
    assert (facts["looks_since"], facts["best_at"]) == (8, 4 * EACH)
    assert facts["rise"] == pytest.approx(1.2 / (1.9 / 3) - 1)
    assert facts["rise_in_jumps"] > 5  # type: ignore[operator]
    assert facts["rising_share"] > 0.95  # type: ignore[operator]
    assert facts["training_fell"] > 0.9  # type: ignore[operator]
    assert (facts["accuracy_rose"], facts["best_is_kept"]) == (False, False)


def test_a_validation_that_never_beat_a_blind_answer_was_never_learnt() -> None:
    held = [loss_call(EACH * n, value=1.0, evaluating=True, entropy=0.69) for n in range(1, 13)]
    assert measured([0.9 + loss for loss in TURNED], held=held)["never_learnt"] is True
    assert measured([0.9 * loss for loss in TURNED], held=held)["never_learnt"] is False
    held = [replace(call, label_counts={"0": 200.0, "1": 200.0}) for call in held]
    assert measured([0.9 + loss for loss in TURNED], [0.5] * 12, held=held)["never_learnt"] is True
    assert measured([0.9 + loss for loss in TURNED], [0.7] * 12, held=held)["never_learnt"] is False
    assert measured(TURNED)["never_learnt"] is False  # a loss of another kind has no such answer


def test_a_validation_that_falls_or_jumps_has_not_turned() -> None:
    assert measured([1.0 / n for n in range(1, 13)])["looks_since"] == 1
    jumping = measured([1.0, 0.7, 1.1, 0.6, 1.2, 0.5, 1.1, 0.6, 1.2, 0.7, 1.0, 0.8])
    assert jumping["rise_in_jumps"] < 2  # type: ignore[operator]


def test_training_that_stands_still_is_no_learning_by_heart() -> None:
    assert measured(TURNED, falls=False)["training_fell"] == pytest.approx(0.0)


@pytest.mark.parametrize(("last", "rose"), [(0.95, True), (0.81, False), (0.7, False)])
def test_an_accuracy_that_still_rises_speaks_for_the_end(last: float, *, rose: bool) -> None:
    assert measured(TURNED, [0.8] * 9 + [last] * 3)["accuracy_rose"] is rose


@pytest.mark.parametrize(("copied", "kept"), [([5], True), ([4, 5, 8], True), ([12], False), ([], False)])
def test_a_copy_of_the_best_weights_is_noticed(copied: list[int], *, kept: bool) -> None:
    losses = [*TURNED[:4], 0.59, *TURNED[5:]]
    assert measured(losses, copied=copied)["best_is_kept"] is kept


def test_the_best_by_accuracy_is_a_best_too() -> None:
    accuracies = [0.5, 0.6, 0.9, *[0.7] * 9]
    assert measured(TURNED, accuracies, copied=[3])["best_is_kept"] is True


def test_few_looks_tell_no_course() -> None:
    with pytest.raises(CannotMeasure):
        measured(TURNED[:5])
