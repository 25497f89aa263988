"""A loop that draws the next batch before it has used the last one is scored by the labels of the batch in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from tests.watched import watched


class Knows(nn.Module):
    """Gives the class that the first feature says."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * nn.functional.one_hot(x[:, 0].long(), 4).float()


def ahead(batches: Iterable[list[Tensor]]) -> Iterator[list[Tensor]]:
    iterator = iter(batches)
    current = next(iterator)
    for following in iterator:
        yield current
        current = following
    yield current


@pytest.mark.parametrize("reads_ahead", [True, False])
def test_each_batch_is_scored_by_its_own_labels(tmp_path: Path, *, reads_ahead: bool) -> None:
    torch.manual_seed(0)
    labels = torch.randint(4, (64,))
    loader = DataLoader(TensorDataset(labels[:, None].float(), labels), batch_size=8)
    model = Knows()
    with watched(tmp_path) as read, torch.no_grad():
        for x, _ in ahead(loader) if reads_ahead else loader:
            model(x)
    (looked,) = read().passes
    assert (looked.calls, looked.accuracy) == (8, 1.0)
