"""Estimate the concrete's strength class from its mix, with a plain deep network."""

import torch
import torch.nn as nn
import torch.nn.functional as F

PARTS, CLASSES, WIDTH, DEPTH = 12, 5, 64, 6


def mixes(count, generator):
    parts = torch.randn(count, PARTS, generator=generator)
    strength = parts[:, 0] - 0.8 * parts[:, 1] + 0.6 * parts[:, 2] * parts[:, 3] + torch.tanh(2 * parts[:, 4])
    edges = torch.tensor([-1.2, -0.4, 0.4, 1.2])
    return parts, torch.bucketize(strength, edges)


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [PARTS] + [WIDTH] * DEPTH
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Linear(WIDTH, CLASSES)
        for layer in [*self.hidden, self.out]:
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.out(x)


def fit(model, x, y, epochs=8, batch=50):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(batch):
            loss = F.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch}  loss {total / len(x):.4f}")


if __name__ == "__main__":
    torch.manual_seed(31)
    x, y = mixes(2000, torch.Generator().manual_seed(32))
    fit(Deep(), x, y)
