"""Tide gauges: predict the water level of the next hour. The gauge sometimes sends nothing."""

import math

import torch
import torch.nn.functional as F


class Trainer:
    def __init__(self, model, rate):
        self.model = model
        self.optimizer = torch.optim.RMSprop(model.parameters(), lr=rate)

    def step(self, x, y):
        self.model.train()
        loss = F.smooth_l1_loss(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, x, y, epochs, batch):
        for epoch in range(epochs):
            order = torch.randperm(len(x))
            losses = [self.step(x[rows], y[rows]) for rows in order.split(batch)]
            print(f"epoch {epoch}: {sum(losses) / len(losses):.5f}")


def gauge(hours):
    t = torch.arange(hours) / 12.42 * 2 * math.pi
    level = torch.sin(t) + 0.4 * torch.sin(1.93 * t) + 0.05 * torch.randn(hours)
    silent = torch.rand(hours) < 0.002
    return torch.where(silent, torch.full_like(level, float("nan")), level)


torch.manual_seed(9)
level = gauge(4000)
windows = level.unfold(0, 25, 1)
history, target = windows[:, :24], windows[:, 24:]
complete = ~windows.isnan().any(dim=1)
history, target = history[complete], target[complete]
model = torch.nn.Sequential(torch.nn.Linear(24, 40), torch.nn.Tanh(), torch.nn.Linear(40, 1))
Trainer(model, 1e-3).fit(history, target, epochs=4, batch=40)
