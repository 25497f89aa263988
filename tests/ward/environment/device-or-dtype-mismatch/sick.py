"""Energy use of a building from its sensors, a linear trunk in plain PyTorch fed from numpy."""

import numpy as np
import torch
from torch import nn


def sensors(hours, seed):
    rng = np.random.default_rng(seed)
    clock = np.arange(hours) % 24
    outside = 12 + 8 * np.sin(2 * np.pi * (clock - 8) / 24) + rng.normal(0, 2, hours)
    people = np.where((clock > 7) & (clock < 19), rng.poisson(60, hours), rng.poisson(3, hours))
    sun = np.clip(np.sin(np.pi * (clock - 6) / 12), 0, None) * rng.uniform(0.3, 1, hours)
    x = np.stack([np.sin(clock / 24 * 2 * np.pi), np.cos(clock / 24 * 2 * np.pi), outside, people, sun], axis=1)
    heating = np.maximum(0, 18 - outside) * 2.1
    use = 20 + heating + 0.4 * people - 6 * sun + rng.normal(0, 1.5, hours)
    return x, use[:, None]


x, use = sensors(3000, seed=1)
x = (x - x.mean(axis=0)) / x.std(axis=0)
use = (use - use.mean()) / use.std()
x, use = torch.from_numpy(x), torch.from_numpy(use)

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(5, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(10):
    order = np.random.default_rng(epoch).permutation(2500)
    losses = []
    for start in range(0, 2500, 50):
        rows = order[start : start + 50]
        loss = nn.functional.mse_loss(net(x[rows]), use[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    with torch.no_grad():
        held_out = nn.functional.mse_loss(net(x[2500:]), use[2500:]).item()
    print(f"epoch {epoch + 1}: training {np.mean(losses):.4f}, held out {held_out:.4f}")
