"""The weights that a loss was given for its classes are recorded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its name in all the world)
from torch import nn

from tests.watched import watched

SCORES = nn.Linear(4, 3)
X, Y = torch.randn(6, 4), torch.tensor([0, 0, 0, 1, 1, 2])


@pytest.mark.parametrize(
    ("call", "weights"),
    [
        (lambda: nn.CrossEntropyLoss(weight=torch.tensor([0.5, 0.25, 0.25]))(SCORES(X), Y), (0.5, 0.25, 0.25)),
        (lambda: F.nll_loss(SCORES(X).log_softmax(1), Y, torch.tensor([0.0, 2.0, 4.0])), (0.0, 2.0, 4.0)),
        (lambda: F.cross_entropy(SCORES(X), Y), ()),
        (
            lambda: F.binary_cross_entropy_with_logits(SCORES(X)[:, 0], (Y > 1).float(), pos_weight=torch.tensor(5.0)),
            (1.0, 5.0),
        ),
        # one for each label of several, and one for each sample, weigh no classes against each other
        (
            lambda: F.binary_cross_entropy_with_logits(
                SCORES(X), F.one_hot(Y, 3).float(), pos_weight=torch.tensor([5.0, 2.0, 1.0])
            ),
            (),
        ),
        (lambda: F.binary_cross_entropy(SCORES(X)[:, 0].sigmoid(), (Y > 1).float(), weight=torch.rand(6)), ()),
    ],
)
def test_a_weight_for_each_class(call: object, weights: tuple[float, ...], tmp_path: Path) -> None:
    assert callable(call)
    with watched(tmp_path) as trace:
        call().backward()
    assert [seen.class_weights for seen in trace().losses] == [weights]
