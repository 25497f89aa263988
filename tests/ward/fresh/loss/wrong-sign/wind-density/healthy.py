import torch
from torch import nn
from torch.distributions import Normal

torch.manual_seed(10)


def wind_power(n):
    """Turbine output from speed, direction, temperature; noise grows with speed."""
    z = torch.rand(n, 3) * 2 - 1
    mean = torch.sigmoid(5 * z[:, 0]) + 0.2 * torch.sin(3 * z[:, 1]) - 0.1 * z[:, 2]
    sd = 0.05 + 0.1 * (z[:, 0] + 1) / 2
    return z, (mean + sd * torch.randn(n)).unsqueeze(1)


class ProbabilisticMLP(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, hidden), nn.Mish(), nn.Linear(hidden, hidden), nn.Mish())
        self.mu = nn.Linear(hidden, 1)
        self.raw = nn.Linear(hidden, 1)

    def forward(self, z):
        h = self.trunk(z)
        return Normal(self.mu(h), nn.functional.softplus(self.raw(h)) + 0.01, validate_args=False)


def make_stepper(model, optimizer):
    def step(z, p):
        optimizer.zero_grad()
        loss = -model(z).log_prob(p).mean()
        loss.backward()
        optimizer.step()
        return loss.item()
    return step


ztr, ptr = wind_power(1500)
zva, pva = wind_power(400)
model = ProbabilisticMLP()
step = make_stepper(model, torch.optim.Adam(model.parameters(), lr=2e-3))
for epoch in range(10):
    losses = [step(ztr[i], ptr[i]) for i in torch.randperm(1500).split(50)]
    with torch.no_grad():
        mae = (model(zva).mean - pva).abs().mean().item()
    print(f"epoch {epoch}: loss {sum(losses) / len(losses):.4g}  val MAE {mae:.4g}")
print("MAE of predicting the average:", round((pva - ptr.mean()).abs().mean().item(), 4))
