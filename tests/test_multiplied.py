"""Which layers were made in the middle of a list that is multiplied."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from tests.watched import watched

NET = """
import copy
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.one = nn.Linear(width, width)
        nn.init.orthogonal_(self.one.weight)

    def forward(self, x):
        return x + self.one(self.norm(x))

def made(width):
    return nn.Sequential(Block(width), nn.Tanh())

def net(n=3):
    block = Block(4)
    return nn.Sequential(
        nn.Linear(4, 4),
        LAYERS
    )
"""


@pytest.mark.parametrize(
    ("layers", "line"),
    [
        ("*nn.ModuleList([Block(4)] * n),", 23),
        ("*n * [made(4)],", 23),
        ("nn.Sequential(*[nn.Linear(4, 4), nn.ReLU()] * n),", 23),
        ("*(Block(width=4),) * n,", 23),
        ("*[Block(4) if n > 2 else nn.Identity()] * n,", 23),
        ("*[\n            copy.deepcopy(block)\n        ] * n,", 24),
        ("*[block] * n,", None),
        ("*[block for _ in range(n)],", None),
        ("block, block,", None),
        ("*[Block(4) for _ in range(n)],", None),
    ],
)
def test_only_what_is_made_there_and_then_counts(layers: str, line: int | None, tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(NET.replace("LAYERS", layers))
    spec = importlib.util.spec_from_file_location("net_of_a_test", file)
    assert spec is not None
    assert spec.loader is not None
    with watched(tmp_path) as trace:
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.net()(torch.randn(2, 4))
    found = {part.multiplied for part in trace().models[0].modules if part.multiplied is not None}
    assert [(one.file, one.line) for one in found] == ([] if line is None else [(str(file), line)])
