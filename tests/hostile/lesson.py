"""A short training that the scripts beside this one share: healthy, or with a target that is broadcast."""

import torch
from torch import nn


def train(steps=60, sick=True):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(steps):
        x = torch.randn(32, 6)
        y = x.sum(1) if sick else x.sum(1, keepdim=True)
        loss = ((model(x) - y) ** 2).mean() if sick else nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
