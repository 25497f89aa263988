"""What a step does to the weights, told from samples of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from nndoctor.worker.cost import Readings
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places
from nndoctor.worker.weighing import SAMPLED, Weighing


@pytest.mark.parametrize("rows_touched", [1.0, 0.02])
def test_the_sample_errs_little_even_where_few_rows_change(tmp_path: Path, rows_touched: float) -> None:
    torch.manual_seed(0)
    journal = Journal(tmp_path / "journal")
    models = Models(journal, Places())
    model = nn.Sequential(nn.Embedding(20_000, 128), nn.Linear(128, 10))
    models.meet(model)
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    weight, small = (parameter for name, parameter in model.named_parameters() if name.endswith("weight"))
    assert weight.numel() > 30 * SAMPLED
    assert small.numel() < SAMPLED
    touched = torch.rand(20_000, 1) < rows_touched
    weight.grad, small.grad = torch.randn_like(weight) * touched, torch.randn_like(small)
    weighing = Weighing(0, journal, models, Readings())
    weighing.begins(optimizer)
    weighing.before(optimizer)
    optimizer.step()
    weighing.after(optimizer, 1)
    journal.close()
    (sample,) = read_trace(tmp_path / "journal").layers
    exact = weight.grad.square().mean().sqrt().item()
    assert sample.gradient["0:0.weight"] == pytest.approx(exact, rel=1e-4)
    # 65,536 of 2.5 million elements: 0.3 % of the root mean square; 2 % of the rows: 1,300 that changed, 2 %
    assert sample.update["0:0.weight"] == pytest.approx(exact, rel=0.1 if rows_touched < 1 else 0.02)
    assert sample.update["0:1.weight"] == pytest.approx(small.grad.square().mean().sqrt().item(), rel=1e-4)


def test_a_model_that_is_first_called_within_a_closure_does_not_trip_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    models = Models(journal, Places())
    model = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    weighing = Weighing(0, journal, models, Readings())
    weighing.begins(optimizer)
    weighing.before(optimizer)
    models.meet(model)
    weighing.after(optimizer, 1)
    journal.close()
    assert read_trace(tmp_path / "journal").layers[0].update == {}
