"""Experiments on the labels that a training is given, and on how they come with the inputs."""

from __future__ import annotations

import pytest

from tests.test_steering import Treat, treat

__all__ = ["treat"]  # the fixture

RARE = """
x, y = torch.zeros(10, 1), torch.tensor([0] * 9 + [1])
model = nn.Linear(1, 2)
optimizer = torch.optim.SGD(model.parameters(), 0.5)
for _ in range(60):
    optimizer.zero_grad()
    loss = LOSS
    loss.backward()
    optimizer.step()
say(loss.item(), *model(x[:1]).softmax(1)[0].tolist())
"""


class TestClassesBalanced:
    @pytest.mark.parametrize(
        "loss",
        [
            "F.cross_entropy(model(x), y)",
            "F.nll_loss(model(x).log_softmax(1), y)",
            "nn.CrossEntropyLoss(ignore_index=7)(model(x), torch.where(torch.arange(10) < 4, 7, y))",
            "F.cross_entropy(model(x), y, reduction='none').mean()",
            "F.cross_entropy(model(x), y, weight=torch.tensor([0.9, 0.1]))",
        ],
    )
    def test_a_blind_answer_gives_each_class_the_same(self, treat: Treat, loss: str) -> None:
        told = treat(RARE.replace("LOSS", loss), "classes_balanced")
        value, first, second = (float(str(one)) for one in told.said[0])
        assert value == pytest.approx(0.693, abs=0.01)
        assert first == pytest.approx(second, abs=0.02)
        assert told.applied == 60
        assert float(str(treat(RARE.replace("LOSS", loss)).said[0][1])) > 0.8

    def test_yes_and_no_too(self, treat: Treat) -> None:
        odds = "F.binary_cross_entropy_with_logits((s := model(x))[:, 1] - s[:, 0], y.float())"
        told = treat(RARE.replace("LOSS", odds), "classes_balanced")
        assert float(str(told.said[0][0])) == pytest.approx(0.693, abs=0.01)
        inverted = odds.replace("y.float())", "y.float(), pos_weight=torch.tensor(0.11))")
        assert treat(RARE.replace("LOSS", inverted), "classes_balanced").losses == told.losses

    def test_samples_with_weights_of_their_own_and_what_has_no_classes_stays(self, treat: Treat) -> None:
        for loss in (
            "F.binary_cross_entropy_with_logits(model(x)[:, 1], y.float(), weight=1.0 + y)",
            "F.mse_loss(model(x)[:, 0], y.float())",
            "F.cross_entropy(model(x), F.one_hot(y, 2).float())",
        ):
            told = treat(RARE.replace("LOSS", loss), "classes_balanced")
            assert told.losses == treat(RARE.replace("LOSS", loss)).losses
            assert "no loss of torch's for class numbers" in told.why


ORDERS = """
import random
import numpy as np
from torch.utils.data import DataLoader, TensorDataset
rng, _, _ = np.random.default_rng(3), random.seed(1), np.random.seed(1)
a, b, c = np.arange(20), np.arange(40).reshape(20, 2), list(range(20))
rng.shuffle(a)
rng.shuffle(b)
random.shuffle(c)
say(*a.tolist())
say(*(b[:, 0] // 2).tolist())
say(*c)
say(*rng.permutation(20).tolist())
say(*np.random.permutation(np.arange(20)).tolist())
say(*torch.arange(20)[torch.randperm(20)].tolist())
say(rng.random(), torch.rand(1).item(), np.random.rand(), random.random())
say(*[n for (x,) in DataLoader(TensorDataset(torch.arange(20)), batch_size=5, shuffle=True) for n in x.tolist()])
"""


class TestOneOrderForAll:
    def test_all_of_one_length_are_put_in_the_same_order(self, treat: Treat) -> None:
        told = treat(ORDERS, "one_order_for_all")
        orders = [*told.said[:6], told.said[7]]
        assert all(order == orders[0] for order in orders)
        assert sorted(map(int, map(str, orders[0]))) == list(range(20)) != orders[0]

    def test_nothing_is_moved_but_by_loaders(self, treat: Treat) -> None:
        told = treat(ORDERS, {"intervention": "one_order_for_all", "kept": True})
        assert all(order == list(range(20)) for order in told.said[:6])
        assert told.said[7] != list(range(20))

    def test_random_numbers_are_used_up_as_they_would_be(self, treat: Treat) -> None:
        assert treat(ORDERS, "one_order_for_all").said[6] == treat(ORDERS).said[6]

    def test_where_nothing_is_shuffled_it_says_so(self, treat: Treat) -> None:
        assert "no order drawn" in treat("say(1.0)", "one_order_for_all").why


SHUFFLED = """
x, y = torch.arange(12.0).view(12, 1), torch.arange(12.0).view(12, 1)
model = nn.Linear(1, 1)
def told(part):
    told = F.mse_loss(0 * model(x[part]), y[part], reduction="none")
    say(*[round(value) for value in told.sqrt().flatten().tolist()])
    return told.mean()
for order in (torch.arange(12), torch.arange(12).flip(0)):
    for part in order.split(6):
        told(part).backward()
with torch.no_grad():
    told(torch.arange(12))
"""


class TestLabelsShuffled:
    def test_each_sample_keeps_the_label_of_another_one(self, treat: Treat) -> None:
        told = treat(SHUFFLED, "labels_shuffled")
        first, second, third, fourth, looked = told.said
        assert told.applied == 4
        assert first != [0, 1, 2, 3, 4, 5]
        assert sorted(map(str, first)) == ["0", "1", "2", "3", "4", "5"]
        assert [*third, *fourth] == [*first, *second][::-1]
        assert looked == list(range(12))

    def test_the_draws_of_the_script_stay_as_they_are(self, treat: Treat) -> None:
        program = SHUFFLED + "say(torch.rand(1).item())"
        assert treat(program, "labels_shuffled").said[-1] == treat(program).said[-1]

    @pytest.mark.parametrize(
        "program",
        [
            "model = nn.Linear(1, 2); F.cross_entropy(model(torch.ones(4, 3, 1)).flatten(0, 1), torch.ones(12).long())",
            "model = nn.Linear(1, 2); model(torch.ones(4, 1)).sum().backward()",
        ],
    )
    def test_what_has_no_target_for_each_sample_is_left_alone(self, treat: Treat, program: str) -> None:
        assert treat(program, "labels_shuffled").why.startswith("there was no loss function of torch's with one target")
