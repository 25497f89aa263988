"""Units that are dropped in evaluation mode are noticed, by whichever way they are dropped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from nndoctor.evaluating import EvalCallSeen
from nndoctor.worker.chased import Chased
from nndoctor.worker.dropping import CALLS, EvalCalls
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places

Work = Callable[[Tensor], Tensor]
HIDDEN_IN_A_LIST = [nn.Dropout(0.5)]


class Net(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 64), nn.Linear(64, 2)
        self.dropout = nn.Dropout(0.5)
        self.work = work

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.first(x))
        return self.second(self.dropout(self.work(hidden)))  # type: ignore[no-any-return]


def seen(path: Path, model: nn.Module, times: int = 1) -> list[EvalCallSeen]:
    journal = Journal(path / "journal")
    calls = EvalCalls(journal, Places(), lambda: True, Chased())
    known = Models(journal, Places()).meet(model)
    assert known is not None
    x = torch.randn(16, 8, generator=torch.Generator().manual_seed(1))
    for n in range(times):
        calls.called(lambda: model(x), known, model, n, ((x,), {}))
    journal.close()
    return read_trace(journal.path).eval_calls


def built_anew(hidden: Tensor) -> Tensor:
    return nn.Dropout(0.1)(hidden)  # type: ignore[no-any-return]


def out_of_reach(hidden: Tensor) -> Tensor:
    return HIDDEN_IN_A_LIST[0](hidden)  # type: ignore[no-any-return]


def attended(hidden: Tensor) -> Tensor:
    heads = hidden.view(16, 2, 4, 8)
    return F.scaled_dot_product_attention(heads, heads, heads, dropout_p=0.2).flatten(1)


def masked(hidden: Tensor) -> Tensor:
    mask = torch.rand(hidden.shape) > 0.3
    return hidden * mask / 0.7


def path_dropped(hidden: Tensor) -> Tensor:
    kept = 0.5 + torch.rand(len(hidden), 1, dtype=hidden.dtype)
    return hidden.div(0.5) * kept.floor_()


@pytest.mark.parametrize(
    ("work", "name"),
    [
        (F.dropout, "dropout"),
        (lambda h: F.dropout(h, 0.1, training=True), "dropout"),
        (built_anew, "dropout"),
        (out_of_reach, "dropout"),
        (lambda h: torch.dropout(h, 0.1, True), "dropout"),
        (lambda h: F.alpha_dropout(h, 0.1, training=True), "alpha_dropout"),
        (attended, "attention"),
        (masked, "mask"),
        (path_dropped, "mask"),
        (lambda h: h * torch.empty_like(h).bernoulli_(0.5), "mask"),
        (lambda h: h.masked_fill(torch.rand_like(h) < 0.2, 0.0), "mask"),
        (lambda h: torch.where(torch.rand_like(h) < 0.8, h, 0.0), "mask"),
    ],
)
def test_what_drops_in_evaluation_mode_is_named_with_its_line(tmp_path: Path, work: Work, name: str) -> None:
    (call,) = seen(tmp_path, Net(work).eval())
    assert call.dropped == (name,)
    assert [place.file for place in call.places] == [__file__]


@pytest.mark.parametrize(
    "work",
    [
        lambda h: h,
        lambda h: F.dropout(h, 0.0),
        lambda h: F.dropout(h, 0.5, training=False),
        F.alpha_dropout,
        lambda h: h + 0.1 * torch.randn_like(h),
        lambda h: h * torch.rand_like(h),
        lambda h: h * (h > 0.5),
        lambda h: h * (torch.arange(64) > 3),
        lambda h: F.scaled_dot_product_attention(h.view(16, 2, 4, 8), h.view(16, 2, 4, 8), h.view(16, 2, 4, 8)).flatten(
            1
        ),
    ],
)
def test_what_drops_nothing_at_random_is_left_alone(tmp_path: Path, work: Work) -> None:
    assert [call.dropped for call in seen(tmp_path, Net(work).eval())] == [()]


class Denoising(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(F.dropout(x, 0.3) * (torch.rand_like(x) > 0.1))  # type: ignore[no-any-return]


def test_a_model_may_spoil_its_own_input(tmp_path: Path) -> None:
    (call,) = seen(tmp_path, Denoising().eval())
    assert call.dropped == ()


def test_only_a_few_calls_of_a_model_that_is_in_evaluation_mode_as_a_whole_are_listened_to(tmp_path: Path) -> None:
    assert len(seen(tmp_path, Net(F.dropout).eval(), times=CALLS + 4)) == CALLS
    (tmp_path / "journal").unlink()
    assert seen(tmp_path, Net(F.dropout).train()) == []
    monte_carlo = Net(F.relu).eval()
    monte_carlo.dropout.train()
    assert seen(tmp_path, monte_carlo) == []


def test_listening_leaves_the_numbers_as_they_are(tmp_path: Path) -> None:
    model, x = Net(masked).eval(), torch.randn(16, 8, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(3)
    plain = model(x)
    journal = Journal(tmp_path / "journal")
    known = Models(journal, Places()).meet(model)
    assert known is not None
    torch.manual_seed(3)
    heard = EvalCalls(journal, Places(), lambda: True, Chased()).called(lambda: model(x), known, model, 0, ((x,), {}))
    assert torch.equal(plain, heard)
