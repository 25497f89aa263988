"""A net that had learnt before: seen in a trace, and told of a living model."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from nndoctor.curve import Level, main_curve
from nndoctor.learnt_before import stays_learnt
from nndoctor.trace import Trace
from nndoctor.worker.learnt import learnt
from nndoctor.worker.loop import Training
from tests.traces import iterations, model


@pytest.mark.parametrize(
    ("loaded", "first", "last", "blind", "said"),
    [
        (True, 0.2, 0.19, 1.1, True),
        (False, 0.2, 0.19, 1.1, False),
        (True, 1.1, 1.0, 1.1, False),  # a new head: it has all to learn
        (True, 0.2, 1.2, 1.1, False),  # it forgets
        (True, 0.2, 0.19, None, False),
    ],
)
def test_how_far_the_loss_falls_says_nothing_of_a_net_that_knows_from_the_start(
    loaded: bool,  # of the table
    first: float,
    last: float,
    blind: float | None,
    said: bool,
) -> None:
    trace = Trace(models={0: model("Linear", loaded=loaded)}, iterations=iterations([0.2] * 60))
    curve = main_curve(trace)
    assert curve is not None
    assert stays_learnt(trace, curve, (Level(first, 0.01, 10), Level(last, 0.01, 10)), blind) is said


def _untouched(net: nn.Sequential) -> nn.Sequential:
    return net


def _weights_made_anew(net: nn.Sequential) -> nn.Sequential:
    nn.init.xavier_normal_(next(net.parameters()))
    return net


def _stepped(net: nn.Sequential) -> nn.Sequential:
    net(torch.ones(2, 4)).sum().backward()
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    return net


def _read(net: nn.Sequential) -> nn.Sequential:
    net.load_state_dict(copy.deepcopy(net.state_dict()))
    return net


@pytest.mark.parametrize(
    ("lived", "share"),
    [(_untouched, 0.0), (_weights_made_anew, 0.0), (_stepped, 1.0), (_read, 1.0), (copy.deepcopy, 1.0)],
)
def test_a_living_model_has_learnt_where_each_parameter_of_a_layer_was_written_again(
    lived: Callable[[nn.Sequential], nn.Sequential], share: float
) -> None:
    net = lived(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)))
    double = copy.deepcopy(net)
    own = list(learnt(Training(net, None, None, []), double))
    assert len(own) / len(list(double.parameters())) == share
    assert all(any(one is parameter for parameter in double.parameters()) for one in own)
