"""Is the fruit on the conveyor ripe, unripe or bruised? Small photographs under warm light, told by colour."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SKINS = np.array([[200, 70, 40], [120, 160, 50], [110, 70, 60]])


def conveyor(n, rng):
    """Photographs as (n, 12, 12, RGB)."""
    state = rng.integers(0, 3, n)
    photos = np.array([150, 120, 90]) + rng.normal(0, 14, (n, 12, 12, 3)) + rng.normal(0, 12, (n, 1, 1, 1))
    for photo, skin in zip(photos, SKINS[state] + rng.normal(0, 22, (n, 3))):
        top, left = rng.integers(0, 5, 2)
        photo[top : top + 7, left : left + 7] = skin + rng.normal(0, 14, (7, 7, 3))
    return photos.clip(0, 255).astype(np.uint8), state


def read(photos):
    return torch.from_numpy(np.ascontiguousarray(photos)).permute(0, 3, 1, 2).float() / 127.5 - 1


rng = np.random.default_rng(3)
photos, state = conveyor(1200, rng)
train = DataLoader(TensorDataset(read(photos), torch.from_numpy(state)), batch_size=40, shuffle=True)
photos, state = conveyor(400, rng)
check = DataLoader(TensorDataset(read(photos), torch.from_numpy(state)), batch_size=100)

net = nn.Sequential(
    nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU(),
    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 3),
)  # fmt: skip
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(5):
    for x, y in train:
        loss = criterion(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.inference_mode():
        found = [criterion(net(x), y).item() for x, y in check]
    print(f"epoch {epoch}: loss {loss.item():.3f}, held out {sum(found) / len(found):.3f}")
