"""Predict the consumption of a car from its data sheet."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(3)
torch.manual_seed(3)


def cars(count):
    weight = rng.uniform(800, 2600, count)
    power = rng.uniform(40, 300, count)
    displacement = rng.uniform(900, 5000, count)
    year = rng.integers(1990, 2020, count)
    litres = 2 + weight / 400 + power / 60 - (year - 1990) / 10 + rng.normal(0, 0.3, count)
    sheet = np.stack([weight, power, displacement, year], axis=1)
    return torch.tensor(sheet, dtype=torch.float32), torch.tensor(litres, dtype=torch.float32)


x, y = cars(2500)
model = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    for rows in torch.randperm(len(x)).split(50):
        loss = loss_fn(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
