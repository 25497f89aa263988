"""Outputs of evaluations are made such as they are scored, and nothing else is."""

from __future__ import annotations

import pytest

from tests.test_steering import Treat, treat  # noqa: F401  # a fixture

NET = """
class Given(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
    def forward(self, x):
        return x * self.weight

net, truth = Given(), torch.tensor([1.0, 0.0, 1.0])
raw = torch.tensor([[0.3], [-2.0], [4.0]])
LOSS(net(raw), truth.unsqueeze(1)).backward()
with torch.no_grad():
    out = net(raw)
    SCORE
"""
WITH_LOGITS, OF_NUMBERS = "F.binary_cross_entropy_with_logits", "F.mse_loss"
REFUSAL = "there was no prediction of an evaluation that torch's functions score amiss"


def program(score: str, loss: str = WITH_LOGITS) -> str:
    return NET.replace("LOSS", loss).replace("SCORE", score)


@pytest.mark.parametrize(
    ("score", "as_is", "fitted"),
    [
        ("((out > 0) == truth).sum().item()", 5, 3),
        ("(truth - (torch.sigmoid(out) > 0.5).float()).abs().sum().item()", 4.0, 0.0),
        ("torch.ne(truth, out.sigmoid().round()).sum().item()", 4, 0),
        ("((out.squeeze(1) > 0.5) == truth.bool()).sum().item()", 2, 3),
        ("(out.view(-1) <= 0.5).sum().item()", 2, 1),
        ("out.clone().flatten().round().tolist()", [0.0, -2.0, 4.0], [1.0, 0.0, 1.0]),
        ("out.argmax(1).tolist()", [0, 0, 0], [1, 0, 1]),
        ("torch.argmax(out.sigmoid(), dim=-1, keepdim=True).tolist()", [[0], [0], [0]], [[1], [0], [1]]),
        ("(F.softmax(out, dim=1).argmax(dim=1) == truth).sum().item()", 1, 3),
        ("(torch.max(out.data, 1)[1] == truth).sum().item()", 1, 3),
        ("truth.eq(out.sigmoid().topk(1, dim=1).indices).sum().item()", 3, 3),
        ("(out[:, 0] > 0.5).tolist()", [False, False, True], [True, False, True]),
        # both at once
        ("((out.round()) == truth).sum().item()", 1, 3),
    ],
)
def test_what_is_scored_amiss_is_scored_as_it_is_meant(
    treat: Treat,  # noqa: F811
    score: str,
    as_is: object,
    fitted: object,
) -> None:
    written = program(f"say({score})")
    assert treat(written).said == [[as_is]]
    told = treat(written, "predictions_fitted")
    assert (told.said, told.applied > 0, told.why) == ([[fitted]], True, "")


@pytest.mark.parametrize(
    ("score", "loss"),
    [
        ("say(((out.squeeze(1) > 0) == truth.bool()).sum().item())", WITH_LOGITS),
        # no sigmoid in the loss: a number is rounded, or has 0.5 for its middle
        ("say(out.round().tolist(), (out > 0.5).tolist())", OF_NUMBERS),
        # what is changed in place is no raw score any more
        ("out.sigmoid_(); say((out > 0.5).tolist())", WITH_LOGITS),
        ("say((truth[:, None] == truth).tolist(), (truth > 0.5).tolist(), raw.argmax(1).tolist())", WITH_LOGITS),
        ("say((out > 0.2).tolist(), out.max(0).indices.tolist(), (out - out.squeeze(1)).tolist())", WITH_LOGITS),
    ],
)
def test_what_may_be_meant_so_is_left(treat: Treat, score: str, loss: str) -> None:  # noqa: F811
    told = treat(program(score, loss), "predictions_fitted")
    assert (told.applied, told.why) == (0, REFUSAL)
    assert told.said == treat(program(score, loss)).said


def test_training_is_left_and_so_is_a_mode_of_the_users_own(treat: Treat) -> None:  # noqa: F811
    trained = (
        program("pass").replace("with torch.no_grad():", "for _ in range(2):") + "    say((out == truth).tolist())"
    )
    assert treat(trained, "predictions_fitted").applied == 0
    # what ends before the mode of ours would take ours off in its own place
    own = program("say((net(raw) > 0.5).tolist(), str(torch.zeros(1).device))").replace(
        "with torch.no_grad()", 'with torch.no_grad(), torch.device("meta")'
    )
    own += "\nsay(torch.overrides._len_torch_function_stack())"
    assert treat(own, "predictions_fitted").said == treat(own).said
