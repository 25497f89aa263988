"""What meets weights, what lies between layers, and what comes near a point without answer: changed, and only that."""

from __future__ import annotations

import math

import pytest

from tests.test_steering import LOOP, Treat, treat  # noqa: F401  # a fixture


@pytest.mark.parametrize(
    "call",
    [
        "nn.Linear(2, 2)(torch.ones(3, 2, dtype=torch.float64))",
        "nn.Conv1d(2, 2, 1)(torch.ones(1, 2, 5, dtype=torch.uint8))",
        "nn.GRU(2, 2)(torch.ones(3, 1, 2, dtype=torch.float64))[0]",
        "nn.Embedding(4, 2)(torch.ones(3))",
        "(nn.Parameter(torch.ones(2, 2)) @ torch.ones(2, 2, dtype=torch.float64))",
        "torch.matmul(torch.ones(2, 2, dtype=torch.int64), nn.Parameter(torch.ones(2, 2)))",
        "torch.matmul(input=nn.Parameter(torch.ones(2, 2)), other=torch.ones(2, 2, dtype=torch.float64))",
        "nn.TransformerEncoderLayer(4, 2, 8, batch_first=True).eval()(torch.ones(1, 3, 4, dtype=torch.float64))",
    ],
)
def test_what_meets_weights_is_cast_to_them(treat: Treat, call: str) -> None:  # noqa: F811
    assert treat(f"{call}", fails=True).error
    told = treat(f"say(str({call}.dtype))", "operands_cast")
    assert (told.said, told.applied >= 1) == ([["torch.float32"]], True)


def test_where_all_is_of_one_type_nothing_is_cast(treat: Treat) -> None:  # noqa: F811
    told = treat(LOOP, "operands_cast")
    assert told.losses == treat(LOOP).losses
    assert told.why == "there was nothing of another type or device met weights"


def test_layers_behind_another_are_bent(treat: Treat) -> None:  # noqa: F811
    program = """
net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
for layer in net:
    nn.init.ones_(layer.weight)
say(net(torch.tensor([[2.0], [-2.0]])).flatten().tolist())
"""
    assert treat(program).said == [[[2.0, -2.0]]]
    assert treat(program, "activations_inserted").said == [[[2.0, 0.0]]]
    assert treat("nn.Linear(1, 1)(torch.ones(1, 1))", "activations_inserted").applied == 0


@pytest.mark.parametrize(
    ("formula", "nearest"),
    [
        ("torch.log(x)", math.log(1e-8)),
        ("x.sqrt()", 1e-4),
        ("1 / x", 2000.0),
        ("x.div(x)", 0.0),
        ("(x + 100).exp()", math.exp(60)),
        ("torch.acos(x + 1)", math.acos(1 - 1e-6)),
    ],
)
def test_a_function_is_kept_off_the_point_without_answer(treat: Treat, formula: str, nearest: float) -> None:  # noqa: F811
    program = f"x = torch.tensor([0.0, 1.0], requires_grad=True)\ny = {formula}\ny[0].backward()\n"
    program += "say(y[0].item(), bool(x.grad.isfinite().all()))"
    told = treat(program, "maths_guarded")
    value, finite = told.said[0]
    assert value == pytest.approx(nearest, rel=0.05)
    assert finite
    assert told.applied >= 1


def test_sound_formulas_and_optimizers_are_left_alone(treat: Treat) -> None:  # noqa: F811
    adam = LOOP.replace("SGD", "Adam")
    assert treat(adam, "maths_guarded").losses == treat(adam).losses
    program = "x = torch.tensor([0.5, 2.0], requires_grad=True)\nsay((x.log() + x.sqrt() + 1 / x + x.exp()).tolist())"
    told = treat(program, "maths_guarded")
    assert (told.said, told.applied) == (treat(program).said, 0)


def test_a_sum_and_what_is_not_reduced_become_a_mean(treat: Treat) -> None:  # noqa: F811
    program = "x, y = torch.ones(4, 2), torch.zeros(4, 2)\n"
    program += "say(*(torch.as_tensor(F.mse_loss(x * 3, y, reduction=r)).tolist() for r in ('sum', 'none', 'mean')))"
    told = treat(program, "mean_taken")
    assert (told.said, told.applied) == ([[9.0, 9.0, 9.0]], 2)


def test_labels_are_counted_from_zero_and_marks_stay(treat: Treat) -> None:  # noqa: F811
    program = """
scores, labels, marked = torch.eye(3), torch.tensor([1, 2, 3]), torch.tensor([1, -100, 3])
for y in (labels, marked):
    say(F.cross_entropy(scores, y.where(y < 0, y - LESS)).item())
say(F.mse_loss(scores[0], labels.float()).item())
"""
    told = treat(program.replace("LESS", "0"), {"intervention": "labels_from_zero", "first": 1})
    assert (told.said, told.applied) == (treat(program.replace("LESS", "1")).said, 2)


def test_a_model_that_is_asked_for_shapes_only_is_left_alone(treat: Treat) -> None:  # noqa: F811
    program = """
net = nn.Linear(2, 1).to("meta")
say(list(net(torch.ones(3, 2, device="meta")).shape))
"""
    told = treat(program, "inputs_standardised")
    assert (told.said, told.applied) == ([[[3, 1]]], 0)


GATED = """
class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return FORWARD

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 7

x = torch.tensor([1.0, 2.0], requires_grad=True)
Own.apply(x).sum().backward()
say(x.grad.tolist())
"""


@pytest.mark.parametrize(
    ("forward", "gradient"),
    [("x * x", [2.0, 4.0]), ("x.round() * 2", [7.0, 7.0]), ("x.view_as(x)", [7.0, 7.0])],
    ids=["derived", "no-slope", "handed-on"],
)
def test_autograd_derives_what_it_can(treat: Treat, forward: str, gradient: list[float]) -> None:  # noqa: F811
    told = treat(GATED.replace("FORWARD", forward), "gradients_derived")
    assert told.said == [[gradient]]
    assert told.applied == (gradient == [2.0, 4.0])


def test_a_forward_that_leaves_its_context_to_another_is_derived_too(treat: Treat) -> None:  # noqa: F811
    apart = """return FORWARD

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
"""
    program = (
        GATED.replace("ctx, x)", "x)")
        .replace("        ctx.save_for_backward(x)\n", "")
        .replace("return FORWARD\n", apart)
    )
    assert treat(program.replace("FORWARD", "x * x"), "gradients_derived").said == [[[2.0, 4.0]]]
