"""What is doubtful in the scoring of outputs is noticed, and the rest is left alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nndoctor.evaluating import ScoreSeen
from nndoctor.worker.chased import Chased
from nndoctor.worker.cost import CLOSE_ITERATIONS
from nndoctor.worker.journal import Journal, read_trace
from nndoctor.worker.models import Models
from nndoctor.worker.places import Places
from nndoctor.worker.scoring import CALLS, Scores

LABELS = torch.tensor([0.0, 1.0, 1.0, 0.0])
Score = Callable[[Tensor], object]


def seen(path: Path, score: Score, width: int = 1, times: int = 1) -> list[ScoreSeen]:
    journal = Journal(path / "journal")
    model, models = nn.Linear(3, width), Models(journal, Places())
    scores = Scores(journal, Places(), lambda: True, Chased())
    known = models.meet(model)
    assert known is not None
    with torch.no_grad():
        for _ in range(times):
            output = model(torch.randn(4, 3, generator=torch.Generator().manual_seed(1)))
            scores.follow(known, output, CLOSE_ITERATIONS)
            score(output)
            scores.leave()
    assert torch._C._len_torch_function_stack() == 0
    journal.close()
    return read_trace(journal.path).scores


@pytest.mark.parametrize(
    ("score", "how"),
    [
        (lambda out: (torch.sigmoid(out) > 0.5).float() == LABELS, "table"),
        (lambda out: LABELS.eq(out.round()), "half"),
        (lambda out: out.topk(1).indices == LABELS, "table"),
        (lambda out: out.max(1, keepdim=True)[0] == LABELS, "table"),
        (lambda out: (out - LABELS).abs().mean(), "table"),
        (lambda out: (LABELS - out).abs().mean(), "table"),
        (lambda out: (out.squeeze(1) > 0.5) == LABELS.bool(), "half"),
        (lambda out: out.detach().cpu().view(-1).round() == LABELS, "half"),
        (lambda out: out.argmax(dim=1) == LABELS, "single"),
        (lambda out: torch.softmax(out, 1), "single"),
        (lambda out: torch.max(out.data, 1)[1] == LABELS, "single"),
        (lambda out: LABELS.eq(out.softmax(1).max(dim=1).indices.cpu()), "single"),
        (lambda out: out.topk(1).indices.squeeze() == LABELS, "single"),
        (lambda out: (out[:, 0] > 0.5) == LABELS.bool(), "half"),
        (lambda out: out.data.view(-1) >= 0.5, "half"),
    ],
)
def test_what_makes_a_metric_wrong_is_named_with_its_line(tmp_path: Path, score: Score, how: str) -> None:
    told = seen(tmp_path, score)
    assert told[0].how == how
    assert {score.place.file for score in told if score.place is not None} == {__file__}


@pytest.mark.parametrize(
    ("score", "width"),
    [
        (lambda out: (out.squeeze(1) > 0) == LABELS.bool(), 1),
        (lambda out: (torch.sigmoid(out.squeeze(1)) > 0.5) == LABELS.bool(), 1),
        (lambda out: (out - LABELS.unsqueeze(1)).abs().mean(), 1),
        (lambda out: out.argmax(1) == LABELS, 3),
        (lambda out: out.topk(2, 1).indices.t() == LABELS.view(1, -1), 3),
        (lambda out: out.argmax(1)[:, None] == out.argmax(1)[None], 3),
        (lambda out: (out[:, None] - torch.ones(4, 3)[None]).square().sum(-1), 3),
        (lambda out: (LABELS[:, None] == LABELS) & (out > 0.2), 1),
        (lambda out: out - out.mean(0), 3),
        # one class of things, and the truth says so too
        (lambda out: out.max(1).indices == torch.zeros(4), 1),
        (lambda out: torch.max(out, 1)[1] == LABELS, 3),
        (lambda out: out.max(1).values > 0.2, 1),
        # one of several columns need be no score
        (lambda out: out[:, 0].round() == LABELS, 3),
    ],
)
def test_what_is_right_is_left_alone(tmp_path: Path, score: Score, width: int) -> None:
    assert seen(tmp_path, score, width) == []


def test_only_a_few_calls_are_followed(tmp_path: Path) -> None:
    assert len(seen(tmp_path, lambda out: out.squeeze(1) > 0.5, times=CALLS + 3)) == CALLS


def test_a_mode_of_the_users_own_stays_theirs(tmp_path: Path) -> None:
    with torch.device("cpu"):
        journal = Journal(tmp_path / "journal")
        model, models = nn.Linear(3, 1), Models(journal, Places())
        scores, known = Scores(journal, Places(), lambda: True, Chased()), models.meet(model)
        assert known is not None
        scores.follow(known, model(torch.ones(2, 3)), 0)
    assert torch._C._len_torch_function_stack() == 0
