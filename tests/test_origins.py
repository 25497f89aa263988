"""What a parameter holds at its model's first call: start values, or what was loaded or copied."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.watched import watched


def _as_it_is(net: nn.Linear) -> None:
    pass


def _reset(net: nn.Linear) -> None:
    net.reset_parameters()


def _refilled(net: nn.Linear) -> None:
    for parameter in net.parameters():
        nn.init.normal_(parameter)


def _refilled_behind_its_back(net: nn.Linear) -> None:
    for parameter in net.parameters():
        nn.init.normal_(parameter.data)


def _reset_and_read(net: nn.Linear) -> None:
    net.reset_parameters()
    net.load_state_dict(nn.Linear(3, 2).state_dict())


@pytest.mark.parametrize(
    ("written", "copied", "loaded"),
    [
        (_as_it_is, True, False),
        (_reset, False, False),
        (_refilled, False, False),
        (_refilled_behind_its_back, False, False),
        (_reset_and_read, False, True),
    ],
)
def test_a_copy_is_one_until_it_is_filled_anew(
    tmp_path: Path, written: Callable[[nn.Linear], None], copied: bool, loaded: bool
) -> None:
    with watched(tmp_path) as read:
        teacher = nn.Linear(3, 2)
        teacher(torch.ones(1, 3))
        student = copy.deepcopy(teacher)
        written(student)
        student(torch.ones(1, 3))
    seen = read().models[1].parameters
    assert [bool(parameter.copied_from) for parameter in seen] == [copied] * 2
    assert [parameter.loaded for parameter in seen] == [loaded] * 2


@pytest.mark.parametrize(
    ("written", "loaded"), [(_as_it_is, True), (_reset, False), (_refilled_behind_its_back, False)]
)
def test_what_was_loaded_stays_so_in_a_copy_until_it_is_filled_anew(
    tmp_path: Path, written: Callable[[nn.Linear], None], loaded: bool
) -> None:
    with watched(tmp_path) as read:
        pretrained = nn.Linear(3, 2)
        pretrained.load_state_dict(nn.Linear(3, 2).state_dict())
        backbone = copy.deepcopy(pretrained)
        written(backbone)
        backbone(torch.ones(1, 3))
    assert [parameter.loaded for parameter in read().models[0].parameters] == [loaded] * 2
