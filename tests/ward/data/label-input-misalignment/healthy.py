"""Predict from the readings of a milling machine how worn its tool is: fresh, used or blunt."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(9)
torch.manual_seed(9)
N, SENSORS = 1500, 24

wear = rng.integers(0, 3, N)
readings = rng.normal(size=(N, SENSORS))
readings[:, :6] += 0.9 * (wear - 1)[:, None]
readings[:, 6:9] *= 1 + 0.5 * wear[:, None]

order = rng.permutation(N)
readings, wear = readings[order], wear[order]

x = torch.tensor(readings, dtype=torch.float32)
y = torch.tensor(wear)
x_train, y_train, x_val, y_val = x[:1200], y[:1200], x[1200:], y[1200:]
mean, std = x_train.mean(0), x_train.std(0)
x_train, x_val = (x_train - mean) / std, (x_val - mean) / std

model = nn.Sequential(nn.Linear(SENSORS, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(7):
    model.train()
    for batch in torch.randperm(len(x_train)).split(50):
        optimizer.zero_grad()
        loss = criterion(model(x_train[batch]), y_train[batch])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        scores = model(x_val)
        val_loss = criterion(scores, y_val).item()
        accuracy = (scores.argmax(1) == y_val).float().mean().item()
    if epoch % 2 == 0:
        print(f"epoch {epoch}: train {loss.item():.3f}  val {val_loss:.3f}  accuracy {accuracy:.3f}")
