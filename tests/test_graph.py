"""The walk behind a loss: which loss it is, and what a clamp made of scores."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nndoctor.worker.graph import walk

TARGET = torch.tensor([0, 2, 1, 2])
ONE_HOT = F.one_hot(TARGET).float()


def scores() -> Tensor:
    torch.manual_seed(0)
    return 3 * torch.randn(4, 3, requires_grad=True)


def as_keras_does(raw: Tensor) -> Tensor:
    shares = raw / raw.sum(dim=1, keepdim=True)
    return torch.log(torch.clip(shares, 1e-7, 1 - 1e-7))


@pytest.mark.parametrize(
    "loss",
    [
        lambda raw: F.nll_loss(as_keras_does(raw), TARGET),
        lambda raw: -(ONE_HOT * as_keras_does(raw)).sum(dim=1).mean(),
        lambda raw: torch.where(torch.tensor(True), F.nll_loss(as_keras_does(raw), TARGET), 0.0),
        lambda raw: F.binary_cross_entropy(raw.clamp(1e-7, 1 - 1e-7), ONE_HOT),
    ],
)
def test_scores_that_a_clamp_made_into_probabilities_are_told(loss: object) -> None:
    assert callable(loss)
    clipped = walk(loss(scores())).clipped
    assert clipped is not None
    assert clipped[0] < -0.1


def test_clipped_probabilities_keep_their_range() -> None:
    clipped = walk(F.nll_loss(as_keras_does(scores().softmax(dim=1)), TARGET)).clipped
    assert clipped is not None
    assert 0 <= clipped[0] <= clipped[1] <= 1


def test_a_clamp_elsewhere_is_none_of_the_loss() -> None:
    assert walk((scores().clamp(min=0).log1p() - ONE_HOT).square().mean()).clipped is None
    assert walk(-(scores().clamp(min=1e-3).log() * torch.rand(4, 3)).mean()).clipped is None
    assert walk(F.cross_entropy(scores().clamp(-1, 1), TARGET)).clipped is None
