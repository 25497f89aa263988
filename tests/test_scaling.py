"""How targets are standardised for the gradient, and the loss kept in their own units."""

from __future__ import annotations

from tests.test_steering import Treat, treat  # noqa: F401  # a fixture

PROGRAM = """
net = nn.Linear(2, {outputs})
with torch.no_grad():
    net.weight.zero_(); net.bias.zero_()
x, y = torch.ones(4, 2), torch.tensor({targets})
loss = F.{loss}(net(x), y)
loss.backward()
say(loss.item(), net.bias.grad.tolist(), F.{loss}(net(x).detach(), y).item())
"""


def test_a_standardised_zero_is_the_mean_of_the_targets(treat: Treat) -> None:  # noqa: F811
    targets = [[100.0], [300.0], [100.0], [300.0]]
    told = treat(PROGRAM.format(outputs=1, loss="mse_loss", targets=targets), "targets_standardised")
    # the variance, in the units of the targets; the gradient of (0 -+ 1) squared is 0 on the mean
    assert told.said == [[10_000.0, [0.0], 10_000.0]]
    assert told.losses == [10_000.0]
    assert told.applied == 2


def test_each_output_has_a_scale_of_its_own(treat: Treat) -> None:  # noqa: F811
    targets = [[1000.0, 0.0], [1000.0, 2.0], [1000.0, 0.0], [1000.0, 2.0]]
    told = treat(PROGRAM.format(outputs=2, loss="l1_loss", targets=targets), "targets_standardised")
    # an output that never changes is met by its mean
    assert told.said[0][0] == 0.5


def test_a_program_without_such_a_loss_is_refused(treat: Treat) -> None:  # noqa: F811
    told = treat("say(F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1])).item())", "targets_standardised")
    assert told.applied == 0
    assert "squared" in told.why
