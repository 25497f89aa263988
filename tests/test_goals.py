"""What of the targets is padding or a whole number, and what the last function can reach."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nndoctor.worker.goals import levels, padded, reach

ROWS = torch.tensor([[3, 4, 5, 6, 0, 0], [4, 3, 0, 0, 0, 0], [5, 5, 3, 4, 6, 0], [6, 3, 4, 0, 0, 0]])


def test_the_filler_at_the_ends_of_rows_is_padding() -> None:
    assert padded([], ROWS, -100) == pytest.approx(10 / 24)
    assert padded([ROWS], ROWS.flatten(), -100) == pytest.approx(10 / 24)


def test_in_a_language_model_the_padding_is_that_of_the_ids_that_went_in() -> None:
    assert padded([ROWS[:, :-1]], ROWS[:, 1:].reshape(-1), -100) == pytest.approx(6 / 20)


def test_the_targets_of_padding_may_be_of_another_value() -> None:
    tags = (ROWS % 3).masked_fill(ROWS == 0, 7)
    assert padded([ROWS], tags.flatten(), -100) == pytest.approx(10 / 24)


def test_what_the_loss_ignores_does_not_count() -> None:
    assert padded([ROWS], ROWS.flatten(), 0) == 0.0
    assert padded([ROWS], ROWS.masked_fill(ROWS == 0, -100).flatten(), -100) == 0.0


@pytest.mark.parametrize(
    "sound",
    [
        torch.tensor(
            [[3, 0, 5, 0, 0, 0], [4, 3, 0, 0, 0, 0], [5, 5, 3, 4, 6, 0], [6, 3, 4, 0, 0, 0]]
        ),  # a blank within
        torch.tensor([[3, 4, 5, 0, 0, 0]] * 4),  # all alike: a column of zeros
        torch.tensor([[1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 0]]),  # a mask
        ROWS[:2],
        torch.randint(1, 9, (8, 8), generator=torch.Generator().manual_seed(0)),
    ],
)
def test_other_rows_have_none(sound: Tensor) -> None:
    assert padded([], sound, -100) is None


def test_targets_that_differ_within_the_padding_of_the_input_are_none() -> None:
    assert padded([ROWS], torch.arange(24), -100) is None  # as in copying from memory


SCORES = torch.linspace(-2, 2, 8, requires_grad=True)
TARGET = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 0.2, 0.1])


@pytest.mark.parametrize(
    ("output", "kind", "beyond"),
    [
        (F.relu(SCORES), "relu", 2),
        (torch.sigmoid(SCORES[:, None]).squeeze(1), "sigmoid", 3),
        (torch.tanh(SCORES).view(8), "tanh", 2),
        (F.softplus(SCORES), "softplus", 2),
    ],
)
def test_the_last_function_bounds_what_is_reached(output: Tensor, kind: str, beyond: int) -> None:
    found = reach(output, TARGET)
    assert (found["bounded_by"], found["beyond"]) == (kind, beyond / 8)
    assert found["floor"] > 0


def test_the_floor_is_the_error_of_the_best_answer() -> None:
    best = TARGET.clamp_min(0)
    found = reach(F.relu(SCORES), TARGET)
    assert found["floor"] == pytest.approx(float(F.mse_loss(best, TARGET) / TARGET.var(correction=0)))


@pytest.mark.parametrize("output", [SCORES, 3 * torch.tanh(SCORES), F.relu(SCORES) - 1, F.leaky_relu(SCORES)])
def test_what_is_scaled_or_unbounded_reaches_all(output: Tensor) -> None:
    assert reach(output, TARGET) == {}


def test_whole_numbers_are_counted_and_fractions_are_not() -> None:
    assert levels(torch.tensor([0.0, 2.0, 2.0, 5.0])) == 3
    assert levels(torch.tensor([[3], [4]])) == 2
    assert levels(torch.tensor([0.0, 2.5])) is None
    assert levels(torch.tensor([0.0, float("nan")])) is None
