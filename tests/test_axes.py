"""How the layouts of an input are measured, and how axes are put into order."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nndoctor.given import AxesInOrder
from nndoctor.worker.layouts import in_order, layouts_of
from nndoctor.worker.steering.axes import Permuting, permuted
from tests.test_steering import Treat, treat  # noqa: F401  # a fixture


def pictures() -> torch.Tensor:
    """(N, H, W, C), waves that go any way."""
    generator = torch.Generator().manual_seed(0)
    way = torch.rand(16, 1, 1, 3, generator=generator) * 6
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(24.0), indexing="ij")
    return torch.sin((way.cos() * x[None, :, :, None] + way.sin() * y[None, :, :, None]) / 3)


def test_a_scrambled_picture_is_smooth_in_the_order_in_which_it_lay_in_memory() -> None:
    rows = pictures()
    scrambled = rows.reshape(16, 3, 20, 24)
    seen = {one.order: one for one in layouts_of(0, "0.0", scrambled)}
    assert min(seen["0231"].likeness[2:]) > 0.8
    assert min(seen["as_is"].likeness[2:]) < 0.5
    assert torch.equal(in_order(scrambled, "0231"), rows.permute(0, 3, 1, 2))


def test_nothing_is_measured_of_tables_ids_and_what_is_not_finite() -> None:
    for one in (torch.rand(8, 5), torch.ones(8, 5, 6, dtype=torch.long), torch.full((8, 5, 6), float("nan"))):
        assert not list(layouts_of(0, "0.0", one))


@pytest.mark.parametrize(
    ("before", "after", "axes"),
    [
        ((8, 20, 24, 3), (8, 3, 20, 24), [0, 3, 1, 2]),
        ((8, 20, 20, 3), (8, 3, 20, 20), [0, 3, 1, 2]),
        ((8, 1, 20), (20, 8), [2, 0, 1]),
        ((8, 20), (8, 1, 20), None),
        ((8, 20), (4, 40), None),
        ((160,), (160,), None),
    ],
)
def test_a_reshaping_that_looks_like_a_permutation(
    before: tuple[int, ...], after: tuple[int, ...], axes: list[int] | None
) -> None:
    assert permuted(torch.Size(before), torch.Size(after)) == axes


def test_reshapings_become_permutations(treat: Treat) -> None:  # noqa: F811
    told = treat(
        """
x = torch.arange(6.).reshape(1, 2, 3)
say(x.view(1, 3, 2).tolist(), torch.reshape(x, (3, 2)).tolist(), x.view(1, 6).tolist())
""",
        {"intervention": "axes_in_order", "fault": "reshaped"},
    )
    assert told.said == [[[[[0, 3], [1, 4], [2, 5]]], [[0, 3], [1, 4], [2, 5]], [[0, 1, 2, 3, 4, 5]]]]
    assert told.applied == 2


def test_layers_take_the_other_axis_for_the_samples_during_the_call_only() -> None:
    rnn, x = nn.GRU(3, 4), torch.rand(5, 7, 3)
    steering = Permuting(AxesInOrder("samples_as_steps"))
    states, _ = steering._called(nn.Module.__call__, rnn, (x,), {})
    assert not rnn.batch_first
    assert torch.equal(states, rnn(x.transpose(0, 1))[0].transpose(0, 1))
    assert steering.applied == 1


def test_inputs_are_put_into_order() -> None:
    net, rows = nn.Conv2d(3, 2, 3), pictures()
    for change, given in (
        (AxesInOrder("channels_last"), rows),
        (AxesInOrder("scrambled", "0231"), rows.reshape(16, 3, 20, 24)),
    ):
        steering = Permuting(change)
        assert torch.equal(steering._called(nn.Module.__call__, net, (given,), {}), net(rows.permute(0, 3, 1, 2)))
        assert steering.applied == 1
