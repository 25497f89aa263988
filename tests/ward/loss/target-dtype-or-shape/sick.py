"""Which customers will leave? Labels come from the last column of a table, as they do in a csv."""

import io

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def read_table(rows=2400):
    """A table as numpy.loadtxt gives it: everything is a float."""
    rng = np.random.default_rng(7)
    months = rng.uniform(1, 60, rows)
    bill = rng.uniform(15, 110, rows)
    calls = rng.poisson(1.5, rows)
    age = rng.uniform(18, 80, rows)
    score = 0.05 * (bill - 60) + 0.9 * calls - 0.06 * months + rng.normal(0, 0.7, rows)
    segment = np.digitize(score, [-1.0, 1.2])
    text = "\n".join(",".join(f"{v:.4f}" for v in row) for row in np.stack([months, bill, calls, age, segment], 1))
    return np.loadtxt(io.StringIO(text), delimiter=",")


torch.manual_seed(0)
table = read_table()
features, labels = table[:, :-1], table[:, -1:]
features = (features - features.mean(0)) / features.std(0)
x = torch.from_numpy(features).float()
y = torch.from_numpy(labels).float()
train = DataLoader(TensorDataset(x[:2000], y[:2000]), batch_size=50, shuffle=True)
test = DataLoader(TensorDataset(x[2000:], y[2000:]), batch_size=400)

model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()

for epoch in range(12):
    model.train()
    total = 0.0
    for inputs, targets in train:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        right = sum((model(a).argmax(1) == b.view(-1)).sum().item() for a, b in test)
    print(f"epoch {epoch + 1}: loss {total / len(train):.3f}, accuracy {right / 400:.3f}")
