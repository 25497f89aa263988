"""Layers built for another size, and states that keep their graph; and what is refused."""

from __future__ import annotations

import pytest

from nndoctor.edit.edited import edited
from nndoctor.edit.source import CannotEdit
from nndoctor.edits import DetachState, Edit, SetInputSize
from tests.editing import changed, marked

NET = """
    import torch.nn as nn
    class Net(nn.Module):
        def __init__(self, width, classes):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
            self.head = nn.Sequential(
                nn.Flatten(),
                nn.Linear(8 * 5 * 5, width),  # flat
            )
            self.out = nn.Linear(width, classes)
        def forward(self, x):
            return self.out(self.head(self.body(x)))  # <-
    net = Net(16, 10)
"""


def refused(source: str, edit: Edit) -> str:
    before, place = marked(source)
    with pytest.raises(CannotEdit) as reason:
        edited(before, edit, place)
    return str(reason.value)


@pytest.mark.parametrize(
    ("module", "row"),
    [
        ("head.1", "            nn.Linear(288, width),  # flat"),
        ("out", "        self.out = nn.Linear(288, classes)"),
        ("body.0", "        self.body = nn.Sequential(nn.Conv2d(288, 8, 3), nn.ReLU())"),
    ],
)
def test_a_layer_is_built_for_the_size_that_reaches_it(module: str, row: str) -> None:
    assert changed(NET, SetInputSize(module, 288.0))[1].split() == f"+{row}".split()


def test_what_is_built_for_many_places_is_left() -> None:
    assert "several times" in refused(NET + "    other = Net(8, 2)\n", SetInputSize("out", 288.0))
    assert "no times" in refused(NET, SetInputSize("head.0", 288.0))
    assert "no times" in refused(NET, SetInputSize("head.7", 288.0))
    assert "no times" in refused(NET, SetInputSize("neck", 288.0))


LOOP = """
    import torch
    from torch import nn
    rnn = nn.{kind}(3, 4)
    state = {start}
    for x, y in chunks:
        out, state = rnn(x, state)
        loss = crit(out, y)
        loss.backward()  # <-
        opt.step()
"""


@pytest.mark.parametrize(
    ("kind", "start", "row"),
    [
        ("GRU", "None", "+    state = state.detach()"),
        ("LSTM", "None", "+    state = tuple(part.detach() for part in state)"),
        ("Linear", "torch.zeros(3)", "+    state = state.detach()"),
    ],
)
def test_a_state_goes_on_without_its_graph(kind: str, start: str, row: str) -> None:
    assert changed(LOOP.format(kind=kind, start=start), DetachState()) == [row]


def test_what_kind_of_state_it_is_is_not_guessed() -> None:
    assert "can't be told" in refused(LOOP.format(kind="Linear", start="net.start()"), DetachState())
    assert "no variables" in refused(
        LOOP.format(kind="GRU", start="0").replace("rnn(x, state)", "rnn(x)"), DetachState()
    )
