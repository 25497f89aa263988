"""What each intervention changes in a program, what it must leave alone, and what it says where it can't be applied."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOME = Path(__file__).parent
START = """
import json
import torch, torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
def say(*values): print(json.dumps(values))
"""


@dataclass(frozen=True)
class Told:
    """What came of a program; `losses` and `rates` are those of the iterations, as the tap saw them."""

    said: list[list[object]]
    losses: list[float | None]
    rates: list[float | None]
    tokens: str
    modes: list[list[bool]]
    heads: list[list[object]]
    applied: int
    why: str
    error: str


Treat = Callable[..., Told]


@pytest.fixture(scope="module")
def treat() -> Iterator[Treat]:
    """Runs a program under interventions named as rules name them."""
    zygote = subprocess.Popen(
        [sys.executable, str(HOME / "steered.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HOME.parent), "OMP_NUM_THREADS": "1"},
    )

    def treated(program: str, *words: dict[str, object] | str, fails: bool = False) -> Told:
        assert zygote.stdin is not None
        assert zygote.stdout is not None
        named = [{"intervention": word} if isinstance(word, str) else word for word in words]
        print(json.dumps({"words": named, "program": START + program}), file=zygote.stdin, flush=True)
        told = Told(**json.loads(zygote.stdout.readline()))
        assert fails or not told.error, told.error
        return told

    yield treated
    assert zygote.stdin is not None
    zygote.stdin.close()
    zygote.wait(60)


LOOP = """
x, y = torch.randn(64, 4), torch.randn(64, 1)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for _ in range(6):
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
"""


def test_a_run_that_is_not_treated_is_the_same_to_the_bit(treat: Treat) -> None:
    assert treat(LOOP, "no_change").losses == treat(LOOP).losses


def test_rates_are_changed_for_the_step_and_the_user_sees_their_own(treat: Treat) -> None:
    program = LOOP + "say(optimizer.param_groups[0]['lr'])"
    told = treat(program, {"intervention": "learning_rate_times", "factor": 0.5})
    assert told.rates == [0.05] * 6
    assert told.said == [[0.1]]
    assert told.applied == 6
    assert told.losses == treat(LOOP.replace("0.1", "0.05")).losses


def test_a_program_without_an_optimizer_has_no_rate(treat: Treat) -> None:
    told = treat("say(1)", {"intervention": "learning_rate_times", "factor": 0.5})
    assert (told.applied, told.why) == (0, "there was no optimizer with a learning rate")


def test_several_interventions_work_at_once(treat: Treat) -> None:
    told = treat(LOOP.replace("optimizer.zero_grad()", "pass"), "zeroed_before_backward",
                 {"intervention": "learning_rate_times", "factor": 0.5})  # fmt: skip
    assert told.losses == treat(LOOP.replace("0.1", "0.05")).losses


class TestWeightsReinitialised:
    def test_each_layer_starts_by_its_own_kind_and_the_random_numbers_stay(self, treat: Treat) -> None:
        program = """
model = nn.Sequential(nn.Embedding(50, 32, padding_idx=0), nn.Flatten(), nn.Linear(128, 256), nn.LayerNorm(256),
                      nn.Linear(256, 3))
with torch.no_grad():
    for p in model.parameters(): p.fill_(0.5)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
before = torch.random.get_rng_state()
model(torch.randint(1, 50, (8, 4), generator=torch.Generator().manual_seed(1)))
e, a, n, b = model[0], model[2], model[3], model[4]
say(bool((before == torch.random.get_rng_state()).all()), e.weight[0].abs().sum().item(), e.weight.std().item(),
    a.weight.std().item(), a.bias.abs().sum().item(), n.weight.min().item(), n.weight.max().item())
"""
        ((same, padding, embedding, linear, bias, low, high),) = treat(program, "weights_reinitialised").said
        assert (same, padding, bias, low, high) == (True, 0.0, 0.0, 1.0, 1.0)
        assert embedding == pytest.approx(32**-0.5, rel=0.1)
        assert linear == pytest.approx((2 / 128) ** 0.5, rel=0.05)

    def test_loaded_copied_and_frozen_weights_stay(self, treat: Treat) -> None:
        program = """
def ones():
    layer = nn.Linear(3, 3)
    nn.init.ones_(layer.weight)
    return layer
loaded, frozen, own = ones(), ones(), ones()
loaded.load_state_dict(ones().state_dict())
frozen.requires_grad_(False)
model = nn.Sequential(loaded, frozen, own)
optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
model(torch.randn(2, 3)).sum().backward()
say(*[part.weight.eq(1).all().item() for part in model])
"""
        assert treat(program, "weights_reinitialised").said == [[True, True, False]]

    def test_bare_tensors_that_an_optimizer_is_given_start_anew(self, treat: Treat) -> None:
        program = """
w, b = torch.zeros(30, 20, requires_grad=True), torch.full((20,), 0.5, requires_grad=True)
optimizer = torch.optim.SGD([w, b], 0.1)
say(w.std().item(), b.std().item())
"""
        told = treat(program, {"intervention": "weights_reinitialised", "scheme": "xavier"})
        assert told.said[0][0] == pytest.approx((2 / 50) ** 0.5, rel=0.1)
        assert told.said[0][1] == 0.0

    def test_a_model_that_nobody_trains_is_left_alone(self, treat: Treat) -> None:
        program = (
            "model = nn.Linear(3, 3); nn.init.ones_(model.weight); model(torch.randn(2, 3)); model(torch.randn(2, 3))"
        )
        told = treat(program + "\nsay(model.weight.eq(1).all().item())", "weights_reinitialised")
        assert told.said == [[True]]
        assert told.why == "there was no weight that is trained from a start of its own"


class TestZeroedBeforeBackward:
    def test_it_cures_a_loop_that_never_clears(self, treat: Treat) -> None:
        told = treat(LOOP.replace("optimizer.zero_grad()", "pass"), "zeroed_before_backward")
        assert told.losses == treat(LOOP).losses
        assert told.applied == 5

    def test_gradients_cleared_before_the_step_are_not_lost(self, treat: Treat) -> None:
        sick = LOOP.replace("    optimizer.zero_grad()\n", "").replace("backward()", "backward(); model.zero_grad()")
        assert treat(sick, "zeroed_before_backward").losses == treat(LOOP).losses

    def test_accumulation_and_two_nets_stay_as_they_are(self, treat: Treat) -> None:
        program = """
x, y = torch.randn(64, 4), torch.randn(64, 1)
a, b = nn.Linear(4, 4), nn.Linear(4, 1)
one, other = torch.optim.SGD(a.parameters(), 0.1), torch.optim.SGD(b.parameters(), 0.1)
for n in range(12):
    if n % 3 == 0: one.zero_grad()
    F.mse_loss(b(a(x[n:n + 8])), y[n:n + 8]).backward()
    if n % 3 == 2: one.step()
    other.zero_grad()
    F.mse_loss(b(a(x[n:n + 8]).detach()), y[n:n + 8] + 1).backward()
    other.step()
"""
        assert treat(program, "zeroed_before_backward").losses == treat(program).losses

    def test_weights_moved_by_hand_are_cleaned_too(self, treat: Treat) -> None:
        program = """
x, y = torch.randn(64, 4), torch.randn(64, 1)
w = torch.zeros(4, 1, requires_grad=True)
for _ in range(6):
    loss = F.mse_loss(x @ w, y)
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        CLEAN
"""
        sick, sound = program.replace("CLEAN", "pass"), program.replace("CLEAN", "w.grad = None")
        assert treat(sick, "zeroed_before_backward").losses == treat(sound).losses


class TestSteppedAfterBackward:
    @pytest.mark.parametrize(
        "sick",
        [
            LOOP.replace("    optimizer.step()\n", ""),
            LOOP.replace("    optimizer.step()\n", "").replace("zero_grad()\n", "zero_grad()\n    optimizer.step()\n"),
            LOOP.replace("backward()", "backward(); optimizer.zero_grad()"),
        ],
    )
    def test_steps_that_are_missing_or_come_too_early_are_made_in_time(self, treat: Treat, sick: str) -> None:
        told = treat(sick, "stepped_after_backward")
        assert told.losses == treat(LOOP).losses
        assert told.applied >= 5

    def test_gradients_that_are_accumulated_and_lost_make_one_step(self, treat: Treat) -> None:
        program = """
x, y = torch.randn(64, 4), torch.randn(64, 1)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
optimizer.zero_grad()
for n in range(12):
    F.mse_loss(model(x[n:n + 8]), y[n:n + 8]).backward()
    if n % 3 == 2: optimizer.zero_grad(); optimizer.step()
"""
        told = treat(program, "stepped_after_backward")
        assert told.applied == 3 + 3 + 4  # each of the first window, which can't be known yet, and the idle ones

    def test_a_sound_loop_with_two_nets_is_left_alone(self, treat: Treat) -> None:
        program = """
x = torch.randn(64, 4)
maker, judge = nn.Linear(4, 4), nn.Linear(4, 1)
makes, judges = torch.optim.Adam(maker.parameters()), torch.optim.Adam(judge.parameters())
for n in range(10):
    judges.zero_grad()
    (judge(x).mean() - judge(maker(x).detach()).mean()).backward()
    judges.step()
    makes.zero_grad()
    judge(maker(x)).mean().backward()
    makes.step()
"""
        assert treat(program, "stepped_after_backward").losses == treat(program).losses

    def test_what_needs_no_step_says_so(self, treat: Treat) -> None:
        told = treat(LOOP, "stepped_after_backward")
        assert (told.applied, told.why) == (0, "there was no optimizer whose weights got a gradient without a step")


class TestParametersAdded:
    def test_layers_left_out_are_trained_with_their_group_s_settings(self, treat: Treat) -> None:
        sick = LOOP.replace("SGD(model.parameters(), 0.1)", "SGD(model[0].parameters(), 0.1)")
        told = treat(sick + "say([len(g['params']) for g in optimizer.param_groups])", "parameters_added")
        assert told.losses == treat(LOOP).losses
        assert told.said == [[[4]]]
        assert told.applied == 2

    def test_a_head_that_comes_later_is_added_too(self, treat: Treat) -> None:
        program = (
            LOOP
            + "model[2] = nn.Linear(8, 1)\n"
            + LOOP.partition("0.1)\n")[2]
            + "say(len(optimizer.param_groups[0]['params']))"
        )
        assert treat(program, "parameters_added").said == [[6]]

    def test_nothing_missing_is_said(self, treat: Treat) -> None:
        told = treat(LOOP, "parameters_added")
        assert (told.applied, told.why) == (0, "there was no parameter with a gradient that was in no optimizer")


class TestUnfrozen:
    def test_frozen_layers_of_a_trained_model_learn(self, treat: Treat) -> None:
        sick = LOOP.replace(
            "optimizer = torch.optim.SGD(model.parameters(), 0.1)",
            "model[0].requires_grad_(False); optimizer = torch.optim.SGD(model[2].parameters(), 0.1)",
        )
        assert treat(sick, "unfrozen").losses == treat(LOOP).losses

    def test_a_frozen_part_that_feeds_another_learns_and_a_teacher_does_not(self, treat: Treat) -> None:
        program = """
x = torch.randn(32, 4)
body, head, teacher = nn.Linear(4, 4), nn.Linear(4, 2), nn.Linear(4, 2)
for part in (body, teacher): part.requires_grad_(False)
starts = [body.weight.clone(), teacher.weight.clone()]
optimizer = torch.optim.SGD(head.parameters(), 0.1)
for _ in range(4):
    optimizer.zero_grad()
    F.mse_loss(head(body(x)), teacher(x)).backward()
    optimizer.step()
say(body.weight.equal(starts[0]), teacher.weight.equal(starts[1]))
"""
        assert treat(program, "unfrozen").said == [[False, True]]

    def test_an_optimizer_that_would_be_given_nothing_is_given_all(self, treat: Treat) -> None:
        sick = LOOP.replace(
            "optimizer = torch.optim.SGD(model.parameters(), 0.1)",
            "model.requires_grad_(False)\n"
            "optimizer = torch.optim.SGD([p for n, p in model.named_parameters() if p.requires_grad], 0.1)",
        )
        assert treat(sick, "unfrozen").losses == treat(LOOP).losses

    def test_nothing_frozen_is_said(self, treat: Treat) -> None:
        assert treat(LOOP, "unfrozen").why == "there was no frozen parameter in a model that an optimizer trains"


class TestLayersRegistered:
    def test_layers_in_a_plain_list_or_dictionary_are_trained(self, treat: Treat) -> None:
        program = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = []
        for _ in range(2): self.blocks.append(nn.Linear(4, 4))
        self.heads = {"one": nn.Linear(4, 1)}
        self.scales = [nn.Parameter(torch.ones(4))]
        self.sizes = [4, 4]
    def forward(self, x):
        for block in self.blocks: x = torch.tanh(block(x)) * self.scales[0]
        return self.heads["one"](x)
model = Net()
say(len(list(model.parameters())), type(model.sizes).__name__)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
model(torch.ones(2, 4)).sum().backward()
"""
        told = treat(program, "layers_registered")
        assert told.said == [[7, "list"]]
        assert told.applied == 3

    def test_a_model_that_knows_its_layers_is_left_alone(self, treat: Treat) -> None:
        told = treat(LOOP, "layers_registered")
        assert told.losses == treat(LOOP).losses
        assert told.why == "there was no module with layers in a plain list or dictionary"


class TestOtherSeed:
    def test_every_seed_is_another_one(self, treat: Treat) -> None:
        program = """
import random, numpy
def draws():
    return [torch.rand(1).item(), numpy.random.rand(), random.random(),
            torch.rand(1, generator=torch.Generator().manual_seed(3)).item(), numpy.random.default_rng(4).random()]
first = draws()
torch.manual_seed(5); numpy.random.seed(5); random.seed(5)
say(*first, *draws())
say(isinstance(torch.default_generator, torch.Generator))
"""
        plain, other = treat(program), treat(program, "other_seed")
        assert not set(plain.said[0]) & set(other.said[0])
        assert other.said[1] == [True]
        assert treat(program, {"intervention": "other_seed", "by": 7}).said[0] != other.said[0]

    def test_the_same_shift_is_the_same_run(self, treat: Treat) -> None:
        assert treat(LOOP, "other_seed").losses == treat(LOOP, "other_seed").losses != treat(LOOP).losses


CLASSES = """
x, y = torch.randn(64, 4), torch.randint(0, 3, (64,))
model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), 0.5)
for _ in range(6):
    optimizer.zero_grad()
    loss = LOSS
    loss.backward()
    optimizer.step()
with torch.no_grad(): loss = LOSS
say(loss.item())
"""


def same_as(sick: str, sound: str, treated: Told, untreated: Told) -> None:
    assert treated.losses == pytest.approx(untreated.losses, rel=1e-5), (sick, sound)
    assert treated.said[0] == pytest.approx(untreated.said[0], rel=1e-5)


class TestLogitsGiven:
    @pytest.mark.parametrize(
        ("sick", "sound"),
        [
            ("nn.CrossEntropyLoss()(torch.softmax(model(x), 1), y)", "F.cross_entropy(model(x), y)"),
            ("F.cross_entropy(nn.Softmax(-1)(model(x))[None].squeeze(0), y)", "F.cross_entropy(model(x), y)"),
            (
                "F.binary_cross_entropy_with_logits(torch.sigmoid(model(x)).view(-1), F.one_hot(y).float().view(-1))",
                "F.binary_cross_entropy_with_logits(model(x), F.one_hot(y).float())",
            ),
        ],
    )
    def test_it_is_as_if_the_function_in_front_were_not_there(self, treat: Treat, sick: str, sound: str) -> None:
        treated = treat(CLASSES.replace("LOSS", sick), "logits_given")
        same_as(sick, sound, treated, treat(CLASSES.replace("LOSS", sound)))
        assert treated.applied == 7
        assert all(not {"softmax", "sigmoid"} & set(before) for _, before in treated.heads)  # type: ignore[call-overload]

    def test_raw_scores_stay(self, treat: Treat) -> None:
        told = treat(CLASSES.replace("LOSS", "F.cross_entropy(model(x), y)"), "logits_given")
        assert told.why == "there was no softmax or sigmoid in front of a loss that has its own"


class TestProbabilitiesGiven:
    @pytest.mark.parametrize(
        ("sick", "sound"),
        [
            ("F.nll_loss(model(x), y)", "F.cross_entropy(model(x), y)"),
            ("nn.NLLLoss()(torch.softmax(model(x), 1), y)", "F.cross_entropy(model(x), y)"),
            (
                "F.binary_cross_entropy(model(x), F.one_hot(y).float())",
                "F.binary_cross_entropy_with_logits(model(x), F.one_hot(y).float())",
            ),
            (
                "F.binary_cross_entropy(model(x).clamp(1e-7, 1 - 1e-7), F.one_hot(y).float())",
                "F.binary_cross_entropy_with_logits(model(x), F.one_hot(y).float())",
            ),
            (
                "F.kl_div(model(x), torch.full((64, 3), 1 / 3), reduction='batchmean')",
                "F.kl_div(F.log_softmax(model(x), 1), torch.full((64, 3), 1 / 3), reduction='batchmean')",
            ),
        ],
    )
    def test_it_is_as_if_the_right_function_stood_in_front(self, treat: Treat, sick: str, sound: str) -> None:
        treated = treat(CLASSES.replace("LOSS", sick), "probabilities_given")
        same_as(sick, sound, treated, treat(CLASSES.replace("LOSS", sound)))

    @pytest.mark.parametrize(
        "sound",
        [
            "F.nll_loss(F.log_softmax(model(x), 1), y)",
            "F.binary_cross_entropy(torch.sigmoid(model(x)).clamp(1e-7, 1 - 1e-7), F.one_hot(y).float())",
        ],
    )
    def test_probabilities_stay(self, treat: Treat, sound: str) -> None:
        told = treat(CLASSES.replace("LOSS", sound), "probabilities_given")
        assert told.losses == treat(CLASSES.replace("LOSS", sound)).losses
        assert told.why == "there was no loss for probabilities that was given something else"


class TestTargetReshaped:
    @pytest.mark.parametrize("loss", ["F.mse_loss(model(x), y.view(-1))", "((model(x) - y.view(-1)) ** 2).mean()"])
    def test_predictions_meet_their_own_targets(self, treat: Treat, loss: str) -> None:
        sick = LOOP.replace("F.mse_loss(model(x), y)", loss)
        told = treat(sick, "target_reshaped")
        assert told.losses == pytest.approx(treat(LOOP).losses)
        assert told.losses != pytest.approx(treat(sick).losses)
        assert told.applied == 6

    def test_a_table_that_is_meant_stays(self, treat: Treat) -> None:
        program = LOOP.replace("F.mse_loss(model(x), y)", "(model(x) - model(x).T).square().mean()")
        told = treat(program, "target_reshaped")
        assert told.why == "there was no target of as many numbers as the predictions in another shape"


class TestTargetFitted:
    @pytest.mark.parametrize(
        ("sick", "sound"),
        [
            ("F.cross_entropy(model(x), y.float()[:, None])", "F.cross_entropy(model(x), y)"),
            ("nn.NLLLoss()(F.log_softmax(model(x), 1), y.float())", "F.cross_entropy(model(x), y)"),
            ("F.cross_entropy(model(x), F.one_hot(y, 3))", "F.cross_entropy(model(x), y)"),
            (
                "F.cross_entropy(model(x).view(8, 8, 3), y.view(8, 8))",
                "F.cross_entropy(model(x), y)",
            ),
            (
                "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0)[:, None])",
                "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0).float())",
            ),
            ("F.mse_loss(model(x)[:, 0], y)", "F.mse_loss(model(x)[:, 0], y.float())"),
        ],
    )
    def test_the_loss_takes_it(self, treat: Treat, sick: str, sound: str) -> None:
        treated = treat(CLASSES.replace("LOSS", sick), "target_fitted")
        same_as(sick, sound, treated, treat(CLASSES.replace("LOSS", sound)))

    @pytest.mark.parametrize(
        "sound",
        [
            "F.cross_entropy(model(x), y)",
            "F.cross_entropy(model(x), F.one_hot(y, 3).float())",
            "F.cross_entropy(model(x).view(8, 3, 8), y.view(8, 8))",
            "F.mse_loss(model(x)[:, 0], y.float())",
        ],
    )
    def test_what_it_takes_already_stays(self, treat: Treat, sound: str) -> None:
        told = treat(CLASSES.replace("LOSS", sound), "target_fitted")
        assert told.losses == treat(CLASSES.replace("LOSS", sound)).losses
        assert told.why == "there was no target of a type or shape that its loss refuses"


class TestLossFitted:
    @pytest.mark.parametrize(
        ("sick", "sound"),
        [
            ("F.binary_cross_entropy_with_logits(model(x), y)", "F.cross_entropy(model(x), y)"),
            ("F.binary_cross_entropy(torch.sigmoid(model(x)), y[:, None].float())", "F.cross_entropy(model(x), y)"),
            (
                "F.cross_entropy(model(x), torch.stack([y > 0, y > 1, y < 2], 1).float())",
                "F.binary_cross_entropy_with_logits(model(x), torch.stack([y > 0, y > 1, y < 2], 1).float())",
            ),
            ("F.mse_loss(model(x).softmax(1), F.one_hot(y, 3).float())", "F.cross_entropy(model(x), y)"),
            (
                "F.l1_loss(torch.sigmoid(model(x))[:, 0], (y > 0).float())",
                "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0).float())",
            ),
            (
                "F.cross_entropy(model(x)[:, :1], (y > 0).float()[:, None])",
                "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0).float())",
            ),
            (
                "F.binary_cross_entropy(F.softmax(model(x)[:, :1], dim=1), (y > 0).float()[:, None])",
                "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0).float())",
            ),
        ],
    )
    def test_the_loss_suits_the_targets(self, treat: Treat, sick: str, sound: str) -> None:
        treated = treat(CLASSES.replace("LOSS", sick), "loss_fitted")
        same_as(sick, sound, treated, treat(CLASSES.replace("LOSS", sound)))

    def test_signs_become_yes_and_no(self, treat: Treat) -> None:
        sick = CLASSES.replace("LOSS", "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0) * 2.0 - 1)")
        sound = CLASSES.replace("LOSS", "F.binary_cross_entropy_with_logits(model(x)[:, 0], (y > 0).float())")
        assert treat(sick, "loss_fitted").losses == treat(sound).losses

    @pytest.mark.parametrize(
        "sound",
        [
            "F.cross_entropy(model(x), F.one_hot(y, 3).float())",
            "F.binary_cross_entropy_with_logits(model(x), F.one_hot(y, 3).float())",
            "F.mse_loss(model(x), F.one_hot(y, 3).float())",
            "F.mse_loss(model(x).softmax(1)[:, 0], y.float() / 3)",
        ],
    )
    def test_a_loss_that_suits_them_stays(self, treat: Treat, sound: str) -> None:
        told = treat(CLASSES.replace("LOSS", sound), "loss_fitted")
        assert told.losses == treat(CLASSES.replace("LOSS", sound)).losses
        assert told.applied == 0


class TestLossNegated:
    @pytest.mark.parametrize(
        ("own", "sick"),
        [
            ("F.mse_loss(model(x), y)", "-F.mse_loss(model(x), y)"),
            ("model.parameters(), 0.1", "model.parameters(), 0.1, maximize=True"),
        ],
    )
    def test_the_training_goes_down(self, treat: Treat, own: str, sick: str) -> None:
        assert treat(LOOP.replace(own, sick), "loss_negated").losses == treat(LOOP).losses


def test_anomaly_detection_stays_off(treat: Treat) -> None:
    suspicious = "torch.autograd.set_detect_anomaly(True)\n" + LOOP + "say(torch.is_anomaly_enabled())\n"
    assert treat(suspicious).said[-1] == [True]
    told = treat(suspicious, "anomaly_detection_off")
    assert (told.said[-1], told.applied) == ([False], 1)
    assert told.losses == treat(LOOP).losses
    assert "no anomaly detection" in treat(LOOP, "anomaly_detection_off").why


PADDED = """
g = torch.Generator().manual_seed(1)
ids = torch.randint(1, 9, (32, 7), generator=g) * (torch.arange(7) < torch.randint(2, 7, (32, 1), generator=g))
model = nn.Sequential(nn.Embedding(9, 8), nn.Linear(8, 9))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
for step in range(6):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    loss.backward()
    optimizer.step()
"""


class TestPaddingIgnored:
    def test_padding_is_left_out(self, treat: Treat) -> None:
        sound = PADDED.replace("ids[:, 1:].flatten())", "ids[:, 1:].masked_fill(ids[:, :-1] == 0, -100).flatten())")
        assert treat(PADDED, "padding_ignored").losses == treat(sound).losses != treat(PADDED).losses

    def test_a_batch_without_a_target_teaches_nothing(self, treat: Treat) -> None:
        masked = PADDED.replace("ids[:, 1:].flatten()", "ids[:, 1:].flatten() * 0 + (2 if step != 3 else -100)")
        assert treat(masked).losses[3] is None
        told = treat(masked, "padding_ignored")
        assert told.losses[3] == 0.0
        assert None not in told.losses

    def test_the_mean_of_an_empty_selection_is_nothing(self, treat: Treat) -> None:
        masked = LOOP.replace("F.mse_loss(model(x), y)", "((model(x) - y) ** 2)[y > 9].mean()")
        assert treat(masked).losses[0] is None
        assert treat(masked, "padding_ignored").losses == [0.0] * 6

    def test_a_loss_of_which_all_counts_stays(self, treat: Treat) -> None:
        sound = PADDED.replace("ids[:, 1:].flatten())", "ids[:, 1:].flatten(), ignore_index=0)")
        told = treat(sound, "padding_ignored")
        assert told.why == "there was no padding that counts, and no batch without a target that does"
        assert told.losses == treat(sound).losses


class TestLayersSeparated:
    def test_each_repetition_is_a_layer_of_its_own(self, treat: Treat) -> None:
        shared = LOOP.replace("nn.Sequential(nn.Linear(4, 8), nn.Tanh(),", "nn.Sequential(*[nn.Linear(4, 4)] * 3,")
        shared = shared.replace("nn.Linear(8, 1))", "nn.Linear(4, 1))")
        told = treat(shared + "say(len(list(model.parameters())))\n", "layers_separated")
        assert (told.said[-1], told.applied) == ([8], 2)
        assert treat(shared + "say(len(list(model.parameters())))\n").said[-1] == [4]
        assert told.losses != treat(shared).losses

    def test_layers_of_their_own_stay(self, treat: Treat) -> None:
        told = treat(LOOP, "layers_separated")
        assert told.losses == treat(LOOP).losses
        assert told.why == "there was no layer that stands several times in a list"


class TestNormalisedBySample:
    NORMED = LOOP.replace("nn.Tanh(),", "nn.BatchNorm1d(8),")
    MEANS = "say(model[1].training, *model(x)[:2].mean(1).tolist(), *model(x[:2]).mean(1).tolist())\n"

    def test_what_a_sample_gives_does_not_hang_on_its_batch(self, treat: Treat) -> None:
        said = treat(self.NORMED + self.MEANS, "normalised_by_sample").said[-1]
        assert said[1:3] == pytest.approx(said[3:5], abs=1e-5)
        as_it_is = treat(self.NORMED + self.MEANS).said[-1]
        assert as_it_is[1:3] != pytest.approx(as_it_is[3:5], abs=1e-3)

    def test_evaluations_are_normalised_like_the_training(self, treat: Treat) -> None:
        looked = self.NORMED + "say(*model(x)[:2].mean(1).tolist(), *model.eval()(x)[:2].mean(1).tolist())\n"
        said = treat(looked, "normalised_by_sample").said[-1]
        assert said[:2] == pytest.approx(said[2:], abs=1e-5)

    @pytest.mark.parametrize("net", ["nn.Tanh(),", "nn.BatchNorm1d(8).eval(),"])
    def test_layers_that_do_not_look_at_the_batch_stay(self, treat: Treat, net: str) -> None:
        script = LOOP.replace("nn.Tanh(),", net)
        told = treat(script, "normalised_by_sample")
        assert told.losses == treat(script).losses
        assert "no batch normalisation in training mode" in told.why


class TestLossScaled:
    SMALL = LOOP.replace("F.mse_loss(model(x), y)", "1e-7 * F.mse_loss(model(x), y)").replace("0.1)", "1e6)")
    HALF = SMALL.replace("1e-7 * F.mse_loss(model(x), y)", "HALF(model(x), y)").replace(
        "optimizer =",
        """
def HALF(output, y):
    with torch.autocast("cpu", dtype=torch.float16): output = model(x)
    return 1e-7 * F.mse_loss(output.float(), y)
optimizer =""",
    )

    def test_in_single_precision_nothing_changes_but_rounding(self, treat: Treat) -> None:
        told = treat(self.SMALL, "loss_scaled")
        assert told.losses == pytest.approx(treat(self.SMALL).losses, rel=1e-3)
        assert told.applied == 6

    def test_in_half_precision_small_gradients_are_not_lost(self, treat: Treat) -> None:
        sick, told, sound = treat(self.HALF), treat(self.HALF, "loss_scaled"), treat(self.SMALL)
        assert sick.losses[-1] == sick.losses[0]
        assert told.losses == pytest.approx(sound.losses, rel=0.02)

    def test_gradients_that_are_added_up_stay_as_large(self, treat: Treat) -> None:
        summed = LOOP.replace("    optimizer.zero_grad()\n", "").replace("0.1)", "0.01)")
        assert treat(summed, "loss_scaled").losses == pytest.approx(treat(summed).losses, rel=1e-3)

    def test_a_scaler_of_the_script_s_own_is_left_alone(self, treat: Treat) -> None:
        own = LOOP.replace("loss.backward()", "scaler.scale(loss).backward(); scaler.unscale_(optimizer)")
        own = own.replace("optimizer =", "scaler = torch.amp.GradScaler('cpu')\noptimizer =", 1)
        own = own.replace("    optimizer.step()", "    scaler.step(optimizer); scaler.update()")
        told = treat(own, "loss_scaled")
        assert (told.losses, told.why) == (treat(own).losses, "the script scales its loss itself")


class TestOutputUnbounded:
    @pytest.mark.parametrize("last", ["nn.ReLU()", "nn.Sigmoid()", "nn.Tanh()", "nn.Softplus()"])
    def test_the_last_function_is_gone(self, treat: Treat, last: str) -> None:
        bounded = LOOP.replace("nn.Linear(8, 1))", f"nn.Linear(8, 1), {last}, nn.Flatten(0))").replace("64, 1)", "64)")
        sound = bounded.replace(f"1), {last}, ", "1), ")
        assert treat(bounded, "output_unbounded").losses == pytest.approx(treat(sound).losses)

    def test_one_that_reaches_all_targets_stays(self, treat: Treat) -> None:
        bounded = LOOP.replace("nn.Linear(8, 1))", "nn.Linear(8, 1), nn.Sigmoid())").replace(", y)", ", y.sigmoid())")
        assert treat(bounded, "output_unbounded").why == "there was no target out of the range of the last function"


SORTED = """
from torch.utils.data import DataLoader, TensorDataset, IterableDataset
data = TensorDataset(torch.arange(40.0).view(40, 1))
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), 1e-5)
loader = DataLoader(data, batch_size=8, num_workers=WORKERS)
held_out = DataLoader(TensorDataset(torch.arange(100.0, 120.0).view(20, 1)), batch_size=8)
for epoch in range(2):
    order = []
    for (x,) in loader:
        order.append(x.flatten().tolist())
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()
    say(*order)
    with torch.no_grad():
        say(*[x.flatten().tolist() for (x,) in held_out])
"""


class TestLoaderShuffled:
    @pytest.mark.parametrize("workers", [0, 2])
    def test_training_is_mixed_and_evaluation_is_not(self, treat: Treat, workers: int) -> None:
        told = treat(SORTED.replace("WORKERS", str(workers)), "loader_shuffled")
        first, looked, second, looked_again = told.said
        numbers = [float(n) for n in range(40)]
        for epoch in (first, second):
            flat = [number for batch in epoch for number in batch]  # type: ignore[attr-defined]
            assert sorted(flat) == numbers != flat
            assert [len(batch) for batch in epoch] == [8] * 5  # type: ignore[arg-type]
        assert first != second
        assert looked == looked_again == [[100.0 + n for n in range(a, min(a + 8, 20))] for a in (0, 8, 16)]

    def test_a_plain_list_is_a_dataset_too(self, treat: Treat) -> None:
        program = SORTED.replace("WORKERS", "0").replace(
            "TensorDataset(torch.arange(40.0).view(40, 1))", "[(torch.tensor([float(n)]),) for n in range(40)]"
        )
        first = treat(program, "loader_shuffled").said[0]
        flat = [number for batch in first for number in batch]  # type: ignore[attr-defined]
        assert sorted(flat) == [float(n) for n in range(40)] != flat

    def test_an_iterable_dataset_is_refused(self, treat: Treat) -> None:
        program = """
from torch.utils.data import DataLoader, IterableDataset
class Stream(IterableDataset):
    def __iter__(self): return iter(torch.arange(12.0).view(12, 1))
model = nn.Linear(1, 1)
for x in DataLoader(Stream(), batch_size=4): model(x).sum().backward()
"""
        assert treat(program, "loader_shuffled").why == "an iterable dataset gives its samples in its own order"


LOOKING = """
x = torch.randn(32, 4)
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.01)
def run(train):
    for _ in range(3):
        out = model(x)
        if train:
            optimizer.zero_grad()
            out.square().mean().backward()
            optimizer.step()
    return out
for epoch in range(3):
    BEFORE
    run(True)
    LOOK
    say(model.training, out.requires_grad)
"""


class TestModes:
    def test_training_goes_on_in_training_mode_after_an_evaluation(self, treat: Treat) -> None:
        sick = LOOKING.replace("BEFORE", "").replace("LOOK", "model.eval(); out = run(False)")
        told = treat(sick, "kept_in_train_mode")
        assert {tuple(mode) for mode in told.modes} == {(False, True, True), (True, False, True)}
        assert told.said == [[False, True]] * 3
        assert told.applied == 6

    def test_training_that_begins_in_evaluation_mode_is_in_training_mode_from_its_first_call(
        self, treat: Treat
    ) -> None:
        sick = LOOKING.replace("BEFORE", "model.eval()").replace("LOOK", "out = None")
        told = treat(sick.replace("say(model.training, out.requires_grad)", ""), "kept_in_train_mode")
        assert {tuple(mode) for mode in told.modes} == {(False, True, True)}
        assert told.applied == 9

    def test_a_layer_that_is_kept_in_evaluation_mode_stays_so(self, treat: Treat) -> None:
        sick = LOOKING.replace("BEFORE", "if not epoch: model.train(); model[1].eval()").replace(
            "LOOK", "model.eval(); out = run(False)"
        )
        told = treat(sick + "say(model[1].running_mean.equal(torch.zeros(8)))", "kept_in_train_mode")
        assert told.said[-1] == [True]
        assert told.applied == 6

    def test_evaluations_are_in_evaluation_mode(self, treat: Treat) -> None:
        sick = LOOKING.replace("BEFORE", "").replace("LOOK", "with torch.no_grad(): out = run(False)")
        told = treat(sick, "evaluated_in_eval_mode")
        assert {tuple(mode) for mode in told.modes} == {(False, True, True), (True, False, False)}
        assert told.said == [[True, False]] * 3

    def test_evaluations_build_no_graph(self, treat: Treat) -> None:
        sick = LOOKING.replace("BEFORE", "model.train()").replace("LOOK", "model.eval(); out = run(False)")
        told = treat(sick, "evaluated_without_graph")
        assert told.said == [[False, False]] * 3
        assert told.losses == treat(sick).losses

    @pytest.mark.parametrize("word", ["evaluated_without_graph", "evaluated_in_eval_mode"])
    def test_an_evaluation_in_training_mode_is_known_by_its_data_or_from_the_second_on(
        self, treat: Treat, word: str
    ) -> None:
        told = treat(LOOKING.replace("BEFORE", "").replace("LOOK", "out = run(False)"), word)
        assert told.applied == 6
        held_out = """
from torch.utils.data import DataLoader
for (x,) in DataLoader([(x[:16],)], batch_size=None): run(True)
for (x,) in DataLoader([(x[:8],)], batch_size=None): run(False)
"""
        assert treat(LOOKING.partition("for epoch")[0] + held_out, word).applied == 3

    @pytest.mark.parametrize("word", ["kept_in_train_mode", "evaluated_in_eval_mode", "evaluated_without_graph"])
    def test_a_sound_loop_is_left_alone(self, treat: Treat, word: str) -> None:
        sound = LOOKING.replace("BEFORE", "model.train()").replace(
            "LOOK", "model.eval()\n    with torch.no_grad(): out = run(False)"
        )
        told = treat(sound, word)
        assert told.losses == treat(sound).losses
        assert told.applied == 0
        assert told.why.startswith("there was no ")


class TestGradientsClipped:
    def test_the_norm_is_cut_before_the_step(self, treat: Treat) -> None:
        clipped = LOOP.replace(
            "optimizer.step()", "nn.utils.clip_grad_norm_(model.parameters(), 0.1); optimizer.step()"
        )
        words: dict[str, object] = {"intervention": "gradients_clipped", "norm": 0.1}
        assert treat(LOOP, words).losses == treat(clipped).losses
        assert treat(clipped, {**words, "norm": 50.0}).why == "there was no step with a gradient above that norm"

    def test_within_a_closure_too(self, treat: Treat) -> None:
        program = """
x, y = torch.randn(64, 4), torch.randn(64, 1)
model = nn.Linear(4, 1)
optimizer = torch.optim.LBFGS(model.parameters(), 0.1, max_iter=3)
def closure():
    optimizer.zero_grad()
    loss = F.mse_loss(model(x), 9 * y)
    loss.backward()
    CLIP
    return loss
for _ in range(3): optimizer.step(closure)
"""
        clipped = program.replace("CLIP", "nn.utils.clip_grad_norm_(model.parameters(), 0.1)")
        treated = treat(program.replace("CLIP", ""), {"intervention": "gradients_clipped", "norm": 0.1})
        assert treated.losses == treat(clipped).losses


class TestClippingReplaced:
    def test_the_script_clips_nothing_and_the_step_what_is_wanted(self, treat: Treat) -> None:
        early = LOOP.replace("optimizer.step()", "nn.utils.clip_grad_norm_(model.parameters(), 1e-6); optimizer.step()")
        clipped = early.replace("1e-6", "0.1")
        words: dict[str, object] = {"intervention": "clipping_replaced", "norm": 0.1}
        assert treat(early, words).losses == treat(clipped).losses
        assert treat(LOOP, {**words, "norm": 1e9}).why.startswith("there was no call of torch's functions")


class TestSchedulerStepped:
    STEPPED = LOOP.replace("optimizer.step()", "optimizer.step(); scheduler.step()")
    SCHEDULES = (
        "torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)",
        "torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=40)",
        "torch.optim.lr_scheduler.SequentialLR(optimizer, [torch.optim.lr_scheduler.ConstantLR(optimizer), "
        "torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)], [1])",
    )

    @pytest.mark.parametrize("schedule", SCHEDULES)
    def test_the_scheduler_goes_another_pace(self, treat: Treat, schedule: str) -> None:
        made = self.STEPPED.replace("for ", f"scheduler = {schedule}\nfor ", 1)
        assert made != self.STEPPED
        same = treat(made, {"intervention": "scheduler_stepped", "every": 1})
        assert same.losses == treat(made).losses
        assert same.applied
        slower = treat(made, {"intervention": "scheduler_stepped", "every": 1000})
        assert slower.losses == treat(made.replace("scheduler.step()", "0")).losses
        faster = treat(made, {"intervention": "scheduler_stepped", "every": 0.5})
        assert faster.losses == treat(made.replace("scheduler.step()", "[scheduler.step() for _ in range(2)]")).losses

    def test_an_optimizer_in_another_is_the_schedulers_too(self, treat: Treat) -> None:
        wrapped = """
class Wrapped(torch.optim.Optimizer):
    def __init__(self, inner):
        self.inner = inner
    param_groups = property(lambda self: self.inner.param_groups)
    def step(self, closure=None):
        self.inner.step()

scheduler = torch.optim.lr_scheduler.ExponentialLR(Wrapped(optimizer), 0.5)
for """
        made = self.STEPPED.replace("for ", wrapped, 1)
        slower = treat(made, {"intervention": "scheduler_stepped", "every": 1000})
        assert slower.losses == treat(made.replace("scheduler.step()", "0")).losses
        assert slower.losses != treat(made).losses

    def test_without_one_nothing_is_changed(self, treat: Treat) -> None:
        told = treat(LOOP, {"intervention": "scheduler_stepped", "every": 2})
        assert told.why == "there was no scheduler that the script steps"


class TestActivationsReplaced:
    def test_only_those_between_two_layers(self, treat: Treat) -> None:
        program = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.gate, self.c = nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 1)
        self.squash = nn.Tanh()
    def forward(self, x):
        seen = []
        h = self.squash(self.a(x)); seen.append(h.min().item())
        h = F.dropout(torch.sigmoid(self.b(h)), 0.1, self.training); seen.append(h.min().item())
        h = h * torch.sigmoid(self.gate(h))
        out = torch.sigmoid(self.c(h)); seen.append(out.min().item())
        self.seen = seen
        return out
model = Net()
optimizer = torch.optim.SGD(model.parameters(), 0.0)
x = torch.randn(64, 4)
for _ in range(2):
    model(x).mean().backward()
    say(*model.seen)
say(model.squash(torch.tensor(-1.0)).item())
"""
        first, second, outside = treat(program, "activations_replaced").said
        assert first[0] < 0 < first[2]  # type: ignore[operator]
        assert second[:2] == [0.0, 0.0]
        assert second[2] > 0  # type: ignore[operator]
        assert outside[0] == pytest.approx(-0.7616, abs=1e-3)

    def test_the_weights_may_start_anew_as_well(self, treat: Treat) -> None:
        program = """
model = nn.Sequential(*[part for _ in range(12) for part in (nn.Linear(16, 16), nn.Sigmoid())], nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.0)
for _ in range(2):
    optimizer.zero_grad()
    model(torch.randn(64, 16)).square().mean().backward()
    say(model[0].weight.grad.norm().item())
"""
        words: dict[str, object] = {"intervention": "activations_replaced"}
        (_,), (replaced,) = treat(program, words).said
        (_,), (both,) = treat(program, {**words, "restarted": True}).said
        assert both > 100 * replaced  # type: ignore[operator]

    def test_units_are_kept_off_their_ends_and_stay_what_they_are(self, treat: Treat) -> None:
        program = """
class Steep(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(4, 32), nn.Linear(32, 32), nn.Linear(32, 2)
        nn.init.constant_(self.b.bias, 9.0)
    def forward(self, x):
        seen = []
        h = torch.tanh(20 * self.a(x)); seen.append((h.abs() > 0.97).float().mean().item())
        h = self.b(h).sigmoid(); seen.append((h > 0.98).float().mean().item())
        out = torch.tanh(50 * self.c(h)); seen.append((out.abs() > 0.97).float().mean().item())
        self.seen = seen
        return out
model = Steep()
optimizer = torch.optim.SGD(model.parameters(), 0.0)
x = torch.randn(64, 4)
for _ in range(2):
    model(x).mean().backward()
    say(*model.seen)
"""
        steep, tamed = treat(program, {"intervention": "activations_replaced", "by": "unsaturated"}).said
        assert [share > 0.8 for share in steep] == [True, True, True]  # type: ignore[operator]
        assert [share < 0.1 for share in tamed] == [True, True, False]  # type: ignore[operator]  # an output may saturate

    def test_units_that_have_a_slope_are_left_alone(self, treat: Treat) -> None:
        gentle = LOOP.replace("nn.Linear(8, 1))", "nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))")
        words: dict[str, object] = {"intervention": "activations_replaced", "by": "unsaturated"}
        assert treat(gentle, words).losses == pytest.approx(treat(gentle).losses)

    def test_relu_becomes_leaky(self, treat: Treat) -> None:
        program = """
model = nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Flatten())
nn.init.constant_(model[0].weight, -1.0); nn.init.zeros_(model[0].bias)
say(model(torch.ones(1, 1)).item())
"""
        told = treat(program, {"intervention": "activations_replaced", "by": "leaky_relu"})
        assert told.said[0][0] == pytest.approx(-0.1)


class TestNonfiniteReplaced:
    def test_holes_are_filled_with_the_mean_of_their_column(self, treat: Treat) -> None:
        program = """
class Through(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(1))
    def forward(self, x): return x * self.w
nan = float("nan")
model = Through()
out = model(torch.tensor([[1.0, 10.0], [3.0, nan], [nan, 20.0]]))
say(*out.flatten().tolist())
loss = F.mse_loss(out[:, 0], torch.tensor([1.0, nan, 3.0]))
say(loss.item())
"""
        told = treat(program, "nonfinite_replaced")
        assert told.said[0] == [1.0, 10.0, 3.0, 15.0, 2.0, 20.0]
        assert told.said[1] == [pytest.approx(2 / 3)]
        assert told.applied == 2
        assert treat(LOOP, "nonfinite_replaced").why == "there was no input or target that is not finite"
