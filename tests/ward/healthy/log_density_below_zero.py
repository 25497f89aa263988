"""A mixture density network: the negative log-likelihood of a narrow density falls far below zero, and should."""

import math

import torch
from torch import nn


class MixtureDensity(nn.Module):
    def __init__(self, parts=3, width=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.weight, self.mean, self.scale = (nn.Linear(width, parts) for _ in range(3))

    def log_prob(self, x, y):
        h = self.body(x)
        log_scale = self.scale(h).clamp(-6, 3)
        z = (y - self.mean(h)) / log_scale.exp()
        log_normal = -0.5 * z**2 - log_scale - 0.5 * math.log(2 * math.pi)
        return torch.logsumexp(torch.log_softmax(self.weight(h), 1) + log_normal, dim=1)


torch.manual_seed(0)
x = torch.rand(2000, 1) * 4 - 2
side = torch.where(torch.rand(2000, 1) < 0.5, 1.0, -1.0)
y = 0.3 * torch.sin(2 * x) + 0.2 * side + 0.01 * torch.randn(2000, 1)
model = MixtureDensity()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(12):
    total = 0.0
    for rows in torch.randperm(2000).split(50):
        loss = -model.log_prob(x[rows], y[rows]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / 40
    print(f"epoch {epoch}: {total:.3f}")
