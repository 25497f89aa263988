"""Experiments that take a part of the training out, or change what it is fed with."""

from __future__ import annotations

import pytest

from tests.test_steering import LOOP, SORTED, Treat, treat

__all__ = ["treat"]  # the fixture

SEEN = """
class Telling(nn.Linear):
    def forward(self, x):
        say(*x.flatten().tolist(), str(x.dtype))
        return super().forward(x)
"""


def words(name: str, **fields: object) -> dict[str, object]:
    return {"intervention": name, **fields}


class TestLoaderContinued:
    def test_a_loader_begun_anew_for_each_batch_goes_on_and_over_again(self, treat: Treat) -> None:
        program = """
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.arange(6.0).view(6, 1)), batch_size=2)
say(*[next(iter(loader))[0][0].item() for _ in range(7)])
say(*[x[0].item() for (x,) in loader])
"""
        told = treat(program, "loader_continued")
        assert told.said[0] == [0.0, 2.0, 4.0, 0.0, 2.0, 4.0, 0.0]
        assert treat(program).said[0] == [0.0] * 7

    def test_a_seed_set_over_and_over_is_set_once(self, treat: Treat) -> None:
        program = """
def draw():
    torch.manual_seed(7)
    return torch.rand(1).item()
say(*[draw() for _ in range(3)])
"""
        assert len(set(treat(program, "loader_continued").said[0])) == 3
        assert treat(program, "loader_continued").said[0][0] == treat(program).said[0][0]

    def test_sound_passes_stay(self, treat: Treat) -> None:
        program = SORTED.replace("WORKERS", "0")
        told = treat(program, "loader_continued")
        assert told.said == treat(program).said
        assert told.why.startswith("there was no loader that is begun anew")


def test_the_first_batch_comes_again_at_every_step(treat: Treat) -> None:
    program = LOOP.replace("for _ in range(6):", "for n in range(6):").replace("model(x), y", "model(x + n), y * n")
    same = LOOP.replace("model(x), y", "model(x), y * 0")
    assert treat(program, "same_batch_every_step").losses == treat(same).losses


@pytest.mark.parametrize(("factor", "sizes"), [(0.5, [4] * 10), (2.0, [16, 16, 8])])
def test_training_batches_change_their_size_and_evaluations_do_not(
    treat: Treat, factor: float, sizes: list[int]
) -> None:
    first, looked, second, _ = treat(SORTED.replace("WORKERS", "0"), words("batch_size_times", factor=factor)).said
    assert [len(batch) for batch in first] == sizes  # type: ignore[arg-type]
    assert [len(batch) for batch in looked] == [8, 8, 4]  # type: ignore[arg-type]
    assert [n for batch in second for n in batch] == [float(n) for n in range(40)]  # type: ignore[attr-defined]


def test_inputs_are_set_to_zero_and_what_a_model_made_stays(treat: Treat) -> None:
    program = SEEN + "Telling(2, 2)(Telling(2, 2)(torch.ones(1, 2)))"
    first, second = treat(program, "inputs_zeroed").said
    assert first[:2] == [0.0, 0.0]
    assert second[:2] != [0.0, 0.0]


def test_noise_is_of_the_size_asked_for_and_leaves_the_random_numbers_alone(treat: Treat) -> None:
    program = """
model, x = nn.Identity(), torch.randn(1000)
class Telling(nn.Linear):
    def forward(self, given):
        say((given - x).std().item() / x.std().item())
        return given
model = Telling(1, 1)
model(x)
say(torch.rand(1).item())
"""
    told = treat(program, words("inputs_noise", scale=0.5))
    assert told.said[0][0] == pytest.approx(0.5, rel=0.1)
    assert told.said[1] == treat(program).said[1]


def test_all_is_computed_in_double_precision(treat: Treat) -> None:
    program = SEEN + LOOP.replace("nn.Linear(8, 1)", "Telling(8, 1)") + "say(str(model[2].weight.grad.dtype))"
    assert {line[-1] for line in treat(program, "float64").said} == {"torch.float64"}


def test_autocast_is_off(treat: Treat) -> None:
    program = (
        SEEN
        + """
with torch.autocast("cpu", dtype=torch.bfloat16): say(str(nn.Linear(2, 2)(torch.ones(1, 2)).dtype))
"""
    )
    assert treat(program).said == [["torch.bfloat16"]]
    assert treat(program, "autocast_off").said == [["torch.float32"]]
    assert treat(LOOP, "autocast_off").why == "there was no autocast and no float16"


def test_nothing_is_made_float16(treat: Treat) -> None:
    program = (
        "x = torch.ones(1, 2)\nsay(*(str(y.dtype) for y in (x.half(), x.to(torch.float16), x.to('cpu', torch.float16), "
    )
    program += "x.to(dtype=torch.float16), x.double(), nn.Linear(2, 2).half().weight)))"
    assert treat(program).said == [["torch.float16"] * 4 + ["torch.float64", "torch.float16"]]
    assert treat(program, "autocast_off").said == [["torch.float32"] * 4 + ["torch.float64", "torch.float32"]]


def test_dropout_is_off_in_layers_functions_and_recurrent_layers(treat: Treat) -> None:
    program = """
lstm = nn.LSTM(3, 3, num_layers=2, dropout=0.5)
x = torch.ones(4, 2, 3)
say(bool((nn.Dropout(0.5)(x) == x).all()), bool((F.dropout(x, 0.5) == x).all()),
    bool((lstm(x)[0] == lstm(x)[0]).all()), lstm.dropout)
"""
    assert treat(program).said == [[False, False, False, 0.5]]
    assert treat(program, "dropout_off").said == [[True, True, True, 0.5]]


@pytest.mark.parametrize(
    ("name", "own", "without"),
    [
        ("weight_decay_off", "SGD(model.parameters(), 0.1, weight_decay=0.5)", "SGD(model.parameters(), 0.1)"),
        ("momentum_off", "SGD(model.parameters(), 0.1, momentum=0.9)", "SGD(model.parameters(), 0.1)"),
        ("momentum_off", "Adam(model.parameters(), 0.1)", "Adam(model.parameters(), 0.1, betas=(0.0, 0.999))"),
    ],
)
def test_a_setting_is_left_out_at_steps_and_kept_for_the_user(treat: Treat, name: str, own: str, without: str) -> None:
    program = LOOP.replace("SGD(model.parameters(), 0.1)", own)
    told = treat(
        program + "g = optimizer.param_groups[0]; say(g['weight_decay'], g.get('momentum', g.get('betas')))", name
    )
    assert told.losses == treat(LOOP.replace("SGD(model.parameters(), 0.1)", without)).losses
    assert any(told.said[0])
    assert treat(LOOP, name).why.startswith("there was no optimizer with")


def test_rates_are_swept_by_equal_factors(treat: Treat) -> None:
    told = treat(LOOP, words("learning_rate_range", low=0.001, high=1.0, steps=4))
    assert told.rates == pytest.approx([0.001, 0.01, 0.1, 1.0, 1.0, 1.0])


def test_dropout_functions_keep_every_unit_of_a_model_in_evaluation_mode_only(treat: Treat) -> None:
    program = """
class Net(nn.Linear):
    def forward(self, x):
        heads = F.scaled_dot_product_attention(*[x.view(1, 1, 4, 25)] * 3, dropout_p=0.9)
        say((F.dropout(x, 0.9) == 0).float().mean().item(), bool((heads == 0).all(-1).any()))
        return super().forward(x)
model = Net(100, 1)
for mode in (True, False):
    model.train(mode)(torch.ones(1, 100))
"""
    training, evaluating = treat(program, "evaluated_without_dropout").said
    assert training[0] > 0.7  # type: ignore[operator]
    assert evaluating == [0.0, False]
    assert treat(program).said[1][0] > 0.7  # type: ignore[operator]
    assert treat("nn.Linear(2, 1).eval()(torch.ones(1, 2))", "evaluated_without_dropout").why


def test_training_passes_go_over_their_samples_several_times_and_evaluations_do_not(treat: Treat) -> None:
    program = SORTED.replace("WORKERS", "0")
    first, looked, second, _ = treat(program, words("passes_repeated", times=2)).said
    plain = treat(program).said
    assert [n for batch in second for n in batch] == 2 * [n for batch in plain[2] for n in batch]  # type: ignore[attr-defined]
    assert len(first) > len(plain[0])
    assert looked == plain[1]
    assert treat("", "passes_repeated").why
