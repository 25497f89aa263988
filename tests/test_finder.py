"""What made the first non-finite value: told by operation, line and phase, and never a mask that does no harm."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nndoctor.nonfinite import NonfiniteSource
from nndoctor.worker.finder import Finder
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.places import Places

Loss = Callable[[Tensor], Tensor]


def found(folder: Path, loss_of: Loss, start: int = 0, steps: int = 3) -> NonfiniteSource | None:
    """Trains in a forked child under a finder, for its hooks are for life."""
    path = folder / "journal"
    child = os.fork()
    if not child:
        status = 1
        try:
            _train(path, loss_of, start, steps)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return read_trace(path).source


def _train(path: Path, loss_of: Loss, start: int, steps: int) -> None:
    torch.set_num_threads(1)
    journal = Journal(path)
    Finder(journal, Places(), start).install()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = loss_of(model(torch.randn(16, 4)))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    journal.close()


def log_of_zero(p: Tensor) -> Tensor:
    return -torch.log(p.softmax(1) * 0).mean()


def root_at_zero(p: Tensor) -> Tensor:
    return (p - p.detach()).pow(2).sum(1).sqrt().mean()


def hidden_by_where(p: Tensor) -> Tensor:
    return torch.where(p > 1e9, (p - p.detach()).sqrt(), p).mean()


def zero_over_zero(p: Tensor) -> Tensor:
    nought = p - p.detach()
    return (nought / nought.std()).mean()


def in_place(p: Tensor) -> Tensor:
    shifted = p * 1
    shifted /= p.detach() * 0
    return shifted.mean()


@pytest.mark.parametrize(
    ("loss_of", "told", "line"),
    [
        (log_of_zero, ("loss", "loss", "log"), "torch.log(p.softmax(1) * 0)"),
        (root_at_zero, ("gradient", "backward", "sqrt"), ".sqrt().mean()"),
        (hidden_by_where, ("gradient", "backward", "sqrt"), "torch.where(p > 1e9"),
        (zero_over_zero, ("loss", "loss", "div"), "nought / nought.std()"),
        (in_place, ("loss", "loss", "div"), "shifted /= p.detach() * 0"),
    ],
)
def test_the_operation_is_named_with_its_line(
    tmp_path: Path, loss_of: Loss, told: tuple[str, str, str], line: str
) -> None:
    source = found(tmp_path, loss_of)
    assert source is not None
    assert (source.lost, source.phase, source.operation) == told
    assert source.place is not None
    assert line in source.place.code
    assert source.from_finite
    assert source.holds in ((None,) if loss_of is in_place else (False,))


def test_a_mask_that_does_no_harm_is_not_meant(tmp_path: Path) -> None:
    def masked(p: Tensor) -> Tensor:
        scores = p.masked_fill(torch.eye(16, 3).bool(), float("-inf"))
        return torch.log((scores.softmax(1) * p).sum().abs() * 0)

    source = found(tmp_path, masked)
    assert source is not None
    assert source.operation == "log"


def test_a_row_that_is_masked_altogether_is_told_at_the_softmax(tmp_path: Path) -> None:
    source = found(tmp_path, lambda p: (p.masked_fill(torch.ones(16, 3).bool(), float("-inf")).softmax(1) * p).sum())
    assert source is not None
    assert (source.operation, source.from_finite) == ("softmax", False)


def test_an_overflow_of_float16_holds_in_float32(tmp_path: Path) -> None:
    source = found(tmp_path, lambda p: ((p.half() + 300) ** 2).float().mean())
    assert source is not None
    assert (source.operation, source.dtype, source.from_finite, source.holds) == ("pow", "float16", True, True)


def test_what_was_given_so_is_no_operations_fault(tmp_path: Path) -> None:
    source = found(tmp_path, lambda p: (p * torch.tensor([1.0, float("nan"), 1.0])).mean())
    assert source is not None
    assert (source.phase, source.from_finite) == ("given", False)


def test_a_gradient_that_a_scaler_will_skip_is_not_lost(tmp_path: Path) -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**120)

    def scaled(p: Tensor) -> Tensor:
        return scaler.scale((p * 1e30).mean())

    assert found(tmp_path, scaled, steps=0) is None
    assert found(tmp_path, lambda p: p.mean()) is None


def test_nothing_is_looked_at_before_the_start(tmp_path: Path) -> None:
    assert found(tmp_path, log_of_zero, start=9) is None
