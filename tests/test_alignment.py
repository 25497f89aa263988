"""How evaluation inputs are held against those of training, and brought to them."""

from __future__ import annotations

import pytest

from nndoctor.alignment import difference
from nndoctor.trace import Trace
from tests.test_steering import Treat, treat  # noqa: F401  # a fixture
from tests.traces import batch, looked, tensor, trained

PROGRAM = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
    def forward(self, x):
        say(x.flatten(2).mean((0, 2)).tolist() if x.dim() == 4 else x.mean(0).tolist())
        return self.scale * x
net = Net()
x = torch.tensor({training})
for _ in range(2):
    net.train()
    net(x).sum().backward()
    net.eval()
    with torch.no_grad():
        net(torch.tensor({looked}))
"""
SHAPE, PICTURES = (100, 2), (100, 3, 8, 8)


def told(
    training: tuple[tuple[float, ...], tuple[float, ...]], looks: tuple[tuple[float, ...], tuple[float, ...]]
) -> Trace:
    shape = PICTURES if len(training[0]) == 3 else SHAPE
    seen = [
        batch(0, "t", inputs=(tensor(shape, "t", channel_mean=training[0], channel_std=training[1]),)),
        batch(
            50, "v", evaluating=True, training=False, loader=1,
            inputs=(tensor(shape, "v", channel_mean=looks[0], channel_std=looks[1]),),
        ),
    ]  # fmt: skip
    return Trace(batches=seen, passes=[trained(), looked(loss=1.0)])


def test_the_difference_is_told_in_spreads_of_training() -> None:
    found = difference(told(((0.0, 0.0), (1.0, 1.0)), ((50.0, 30.0), (20.0, 10.0))))
    assert found is not None
    assert (found.shift, found.ratio, found.reversed) == (40.0, 15.0, False)


@pytest.mark.parametrize(
    ("looks", "spread", "by"),
    [
        ((0.41, 0.5, 0.6), 0.2, "channels"),  # the means as in training, whatever the order of the colours
        ((0.4, 0.5, 0.6), 0.01, "statistics"),
        ((2.4, 2.5, 2.6), 0.2, "statistics"),
        ((0.4, 0.5), 0.2, "statistics"),
    ],
)
def test_where_colours_look_as_in_training_their_order_may_be_amiss(
    looks: tuple[float, ...], spread: float, by: str
) -> None:
    own = ((0.4, 0.5, 0.6)[: len(looks)], (0.2,) * len(looks))
    found = difference(told(own, (looks, (spread,) * len(looks))))
    assert found is not None
    assert found.by() == by


@pytest.mark.parametrize(
    ("looks", "is_reversed"),
    [
        ((0.4, 0.5, 0.6), True),  # as if read blue first
        ((0.6, 0.5, 0.4), False),
        ((0.3, 0.5, 0.3), False),  # neither order fits
        ((0.58, 0.5, 0.42), False),  # too near to tell
    ],
)
def test_colours_are_reversed_where_their_means_fit_in_that_order_only(
    looks: tuple[float, ...], *, is_reversed: bool
) -> None:
    found = difference(told(((0.6, 0.5, 0.4), (0.25, 0.25, 0.25)), (looks, (0.25, 0.25, 0.25))))
    assert found is not None
    assert found.reversed == is_reversed


def test_nothing_is_told_without_an_evaluation() -> None:
    assert difference(Trace(batches=[batch(0, "t")], passes=[trained()])) is None


def test_evaluations_get_the_mean_and_spread_of_training(treat: Treat) -> None:  # noqa: F811
    program = PROGRAM.format(training=[[0.0, 4.0], [2.0, 8.0]], looked=[[100.0, 0.0], [300.0, 0.5]])
    found = treat(program, "evaluated_like_training")
    assert found.said == [[[1.0, 6.0]]] * 4
    assert found.applied == 2


def test_a_look_at_training_data_is_left_as_it_is_and_tells_nothing_of_the_others(treat: Treat) -> None:  # noqa: F811
    own = [[float(n % 2)] for n in range(20)]
    program = PROGRAM.format(training=own, looked=[[100 * one + 7] for (one,) in own])
    program += "\n    with torch.no_grad():\n        net(x)\n"
    found = treat(program, {"intervention": "evaluated_like_training"})
    assert found.said == [[pytest.approx([0.5])]] * 6
    assert found.applied == 2


def test_evaluations_get_their_colours_in_the_reverse_order(treat: Treat) -> None:  # noqa: F811
    program = PROGRAM.format(training=[[[[1.0]], [[2.0]], [[3.0]]]], looked=[[[[7.0]], [[8.0]], [[9.0]]]])
    found = treat(program, {"intervention": "evaluated_like_training", "by": "channels"})
    assert found.said == [[[1.0, 2.0, 3.0]], [[9.0, 8.0, 7.0]]] * 2
