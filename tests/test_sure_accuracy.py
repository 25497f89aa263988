"""How often the clearer half of the answers is right, and how many whole numbers there are, is recorded of a loss."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import Tensor, nn

from tests.watched import watched

MARGINS = torch.tensor([0.1, 0.2, 0.3, 5.0, 6.0, 7.0])
CLEARLY_WRONG = torch.tensor([0, 0, 0, 1, 1, 1])
"""All are answered with class 0."""
SCALE = nn.Parameter(torch.ones(()))


def scores(classes: int) -> Tensor:
    found = torch.zeros(len(MARGINS), classes)
    found[:, 0] = MARGINS
    return found * SCALE


@pytest.mark.parametrize(
    ("call", "accuracy", "of_the_surer"),
    [
        (lambda: F.cross_entropy(scores(3), CLEARLY_WRONG), 0.5, 0.0),
        (lambda: F.cross_entropy(scores(3), 1 - CLEARLY_WRONG), 0.5, 1.0),
        (lambda: F.cross_entropy(scores(3), CLEARLY_WRONG, ignore_index=1), 1.0, 1.0),
        (lambda: F.nll_loss(scores(3).log_softmax(1), CLEARLY_WRONG), 0.5, 0.0),
        (lambda: F.binary_cross_entropy_with_logits(MARGINS * SCALE, 1.0 - CLEARLY_WRONG), 0.5, 0.0),
        (lambda: F.binary_cross_entropy((MARGINS * SCALE).sigmoid(), 1.0 - CLEARLY_WRONG), 0.5, 0.0),
        (lambda: F.cross_entropy(torch.ones(6, 3) * SCALE, CLEARLY_WRONG), 0.5, None),  # no answer stands out
        (lambda: F.cross_entropy(scores(3).T[None], CLEARLY_WRONG[None]), 0.5, 0.0),  # a class for each of many places
    ],
)
def test_the_clearer_half(
    call: Callable[[], Tensor], accuracy: float, of_the_surer: float | None, tmp_path: Path
) -> None:
    with watched(tmp_path) as trace:
        torch.autograd.backward(call())
    seen = trace().losses[0]
    assert seen.accuracy == pytest.approx(accuracy)
    assert seen.sure_accuracy == of_the_surer


def test_the_levels_of_whole_targets(tmp_path: Path) -> None:
    with watched(tmp_path) as trace:
        for loss in (
            F.mse_loss(MARGINS * SCALE, CLEARLY_WRONG.float()),
            F.mse_loss(MARGINS * SCALE, MARGINS.clone()),
            F.cross_entropy(scores(3), CLEARLY_WRONG),
        ):
            torch.autograd.backward(loss)
    assert [seen.levels for seen in trace().losses] == [2, None, None]
