"""What is noted of the modules near an optimizer that was given nothing, or near an end of the GPU's memory."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from nndoctor.worker.crash import crash_of, registered
from nndoctor.worker.journal import Journal
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places


class Hidden(nn.Module):
    def __init__(self, *, known: bool) -> None:
        super().__init__()
        layers = [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2, bias=False))]
        self._blocks = {"a": (layers,)} if not known else nn.ModuleList(layers)


def test_layers_in_lists_and_dictionaries_are_hidden_from_their_module() -> None:
    assert registered([Hidden(known=False)]) == {"registered": 0.0, "hidden": 3.0}
    assert registered([Hidden(known=True)]) == {"registered": 3.0, "hidden": 0.0}


def test_hidden_layers_of_hidden_layers_count_once() -> None:
    outer = nn.Module()
    outer.parts = [Hidden(known=False), Hidden(known=True)]  # type: ignore[assignment]
    outer.again = outer.parts
    assert registered([nn.Sequential(outer)]) == {"registered": 0.0, "hidden": 6.0}


def moved(model: nn.Sequential) -> None:
    first = model[0]
    raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate 2.00 GiB for {first}")


def test_a_model_that_does_not_fit_is_weighed_though_it_was_never_called(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(100, 10), nn.Linear(10, 10, bias=False).double())
    places = Places()
    try:
        moved(model)
    except torch.OutOfMemoryError as error:
        crash = crash_of(error, places, Models(Journal(tmp_path / "journal"), places), 0)
    assert crash.settings["parameter_bytes"] == 1010 * 4 + 100 * 8
