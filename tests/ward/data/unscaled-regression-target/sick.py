"""How long does a delivery take? Minutes, from distance, hour, weight, rain and the number of stops."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def deliveries(n, rng):
    distance, hour = rng.gamma(3.0, 4.0, n), rng.uniform(7, 21, n)
    weight, rain, stops = rng.lognormal(1.0, 0.7, n), rng.exponential(1.0, n), rng.poisson(3, n)
    rush = np.exp(-0.5 * ((hour - 8.5) / 1.2) ** 2) + np.exp(-0.5 * ((hour - 17.5) / 1.5) ** 2)
    minutes = 240 + 5 * distance * (1 + 0.8 * rush) * (1 + 0.15 * rain) + 11 * stops + 2 * weight
    x = np.stack([distance, hour, weight, rain, stops], axis=1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(minutes + rng.normal(0, 8, n), dtype=torch.float32)


torch.manual_seed(7)
rng = np.random.default_rng(7)
x, y = deliveries(2400, rng)
x_test, y_test = deliveries(400, rng)
mean, std = x.mean(0), x.std(0)
x, x_test = (x - mean) / std, (x_test - mean) / std
offset, scale = 0.0, 1.0
loader = DataLoader(TensorDataset(x, (y - offset) / scale), batch_size=48, shuffle=True)

net = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
criterion = nn.MSELoss()

for epoch in range(8):
    for features, minutes in loader:
        optimizer.zero_grad()
        loss = criterion(net(features).squeeze(1), minutes)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        error = (net(x_test).squeeze(1) * scale + offset - y_test).abs().mean()
    print(f"epoch {epoch}: loss {loss.item():.3f}, {error.item():.1f} minutes off")
