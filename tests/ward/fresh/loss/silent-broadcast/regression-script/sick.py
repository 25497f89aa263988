#!/usr/bin/env python3
# Strength of concrete from its recipe. Based on a lab table, here re-created from the mixing rules.

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class ConcreteDataset(Dataset):
    """rows: cement, water, slag, age -> strength"""

    def __init__(self, n, rng, stats=None):
        cement = rng.uniform(120, 520, n)
        water = rng.uniform(130, 230, n)
        slag = rng.uniform(0, 200, n)
        age = rng.choice([3, 7, 14, 28, 56, 90], n)
        binder = cement + 0.6 * slag
        strength = 16 * np.log1p(age) / np.log(29) * (binder / water) ** 1.1 + rng.normal(0, 1.2, n)
        x = np.stack([cement, water, slag, np.log(age)], axis=1)
        self.stats = stats or (x.mean(0), x.std(0), strength.mean(), strength.std())
        mx, sx, my, sy = self.stats
        self.x = torch.tensor((x - mx) / sx, dtype=torch.float32)
        self.y = torch.tensor((strength - my) / sy, dtype=torch.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, idx):
        return self.x[idx], self.y[idx]


rng = np.random.default_rng(2024)
torch.manual_seed(2024)

train_set = ConcreteDataset(5000, rng)
test_set = ConcreteDataset(1000, rng, train_set.stats)
train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
test_loader = DataLoader(test_set, batch_size=500)

model = nn.Sequential(
    nn.Linear(4, 64),
    nn.ReLU(),
    nn.Linear(64, 64),
    nn.ReLU(),
    nn.Linear(64, 1),
)
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
print(model)

for epoch in range(25):
    model.train()
    epoch_loss = 0.0
    for x, y in train_loader:
        pred = model(x)
        loss = loss_fn(pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * x.size(0)
    epoch_loss /= len(train_set)

    model.eval()
    abs_err = []
    with torch.no_grad():
        for x, y in test_loader:
            abs_err.append((model(x).flatten() - y).abs())
    mae = torch.cat(abs_err).mean().item() * train_set.stats[3]
    print(f"Epoch {epoch + 1:>2}/25  train loss: {epoch_loss:.4f}  test MAE: {mae:.2f} MPa")

with torch.no_grad():
    sample = test_set.x[:5]
    got = model(sample).flatten() * train_set.stats[3] + train_set.stats[2]
    want = test_set.y[:5] * train_set.stats[3] + train_set.stats[2]
for g, w in zip(got.tolist(), want.tolist()):
    print(f"predicted {g:6.1f} MPa, measured {w:6.1f} MPa")
