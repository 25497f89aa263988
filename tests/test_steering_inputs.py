"""How inputs are standardised, and which are left alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nndoctor.worker.steering.inputs import Standardising


def given(model: nn.Module, *args: object, steered: Standardising | None = None) -> tuple[object, ...]:
    changed, _ = (steered or Standardising()).inputs(model, args, {})
    return tuple(changed)


def test_a_table_is_standardised_by_feature_over_all_batches_seen() -> None:
    torch.manual_seed(0)
    table = torch.randn(400, 3) * torch.tensor([1.0, 50.0, 9000.0]) + torch.tensor([0.0, 7.0, -4e4])
    steered, model = Standardising(), nn.Linear(3, 1)
    for batch in torch.split(table[:-4], 33):
        given(model, batch, steered=steered)
    (last,) = given(model, table[-4:], steered=steered)
    expected = (table[-4:] - table.mean(0)) / table.std(0, correction=0)
    torch.testing.assert_close(last, expected, rtol=1e-3, atol=1e-3)
    assert steered.applied == 13


@pytest.mark.parametrize(
    ("model", "shape", "axis"),
    [
        (nn.LSTM(5, 2, batch_first=True), (8, 30, 5), 2),
        (nn.Conv1d(5, 2, 3), (8, 5, 30), 1),
        (nn.Conv2d(3, 2, 3), (8, 3, 16, 16), 1),
    ],
)
def test_the_axis_is_the_one_that_the_first_layer_reads(model: nn.Module, shape: tuple[int, ...], axis: int) -> None:
    sizes = [1] * len(shape)
    sizes[axis] = -1
    raw = torch.randn(shape) * torch.arange(1.0, shape[axis] + 1).view(sizes) * 100 + 40
    (got,) = given(model, raw)
    assert isinstance(got, Tensor)
    others = [n for n in range(len(shape)) if n != axis]
    torch.testing.assert_close(got.mean(others), torch.zeros(shape[axis]), rtol=0, atol=1e-4)
    torch.testing.assert_close(got.std(others, correction=0), torch.ones(shape[axis]), rtol=1e-4, atol=1e-4)


def test_ids_and_outputs_of_other_models_stay_as_they_are() -> None:
    ids, made = torch.randint(0, 9, (4, 6)), torch.randn(4, 6, requires_grad=True)
    assert given(nn.Embedding(9, 3), ids)[0] is ids
    assert given(nn.Linear(6, 3), made)[0] is made


def test_a_feature_that_never_changes_becomes_zero() -> None:
    (got,) = given(nn.Linear(2, 1), torch.tensor([[5.0, 1.0], [5.0, 3.0]]))
    assert isinstance(got, Tensor)
    assert got.tolist() == [[0.0, -1.0], [0.0, 1.0]]


def test_an_evaluation_uses_what_training_showed() -> None:
    steered, model = Standardising(), nn.Linear(1, 1)
    given(model, torch.tensor([[0.0], [2.0]]), steered=steered)
    model.eval()
    (got,) = given(model, torch.tensor([[9.0], [9.0]]), steered=steered)
    assert isinstance(got, Tensor)
    assert got.tolist() == [[8.0], [8.0]]
