"""When the weights of a model are kept is noticed, whichever way they are."""

from __future__ import annotations

import copy
import io
from pathlib import Path

import pytest
import torch
from torch import nn

from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.keeping import Keeping
from nndoctor.worker.places import Places


def test_each_way_of_keeping_weights_is_noted_once_an_iteration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for owner, name in ((nn.Module, "state_dict"), (torch, "save")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back afterwards
    journal, now = Journal(tmp_path / "journal"), [0]
    Keeping(journal, Places(), lambda: now[0]).install()
    model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)))
    before = {name: tensor.clone() for name, tensor in model.named_parameters()}
    ways = (
        lambda: copy.deepcopy(model.state_dict()),
        lambda: torch.save(model.state_dict(), io.BytesIO()),
        lambda: torch.save(model, io.BytesIO()),
        lambda: torch.save({"model": model, "epoch": 3}, io.BytesIO()),
        lambda: torch.save({"epoch": 3}, io.BytesIO()),
    )
    for keep in ways:
        now[0] += 10
        keep()
        keep()
    journal.close()
    seen = read_trace(journal.path).copies
    assert [kept.iteration for kept in seen] == [10, 20, 30, 40]
    assert {kept.place.file for kept in seen if kept.place is not None} == {__file__}
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
