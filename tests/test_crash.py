"""Tests of what is noted of the modules near an optimizer that was given nothing."""

from __future__ import annotations

from torch import nn

from nndoctor.worker.crash import registered


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
