"""Eight kinds of leaves from their outlines, a sigmoid network in the style of older textbooks."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

KINDS = 8


def leaves(n, seed):
    rng = np.random.default_rng(seed)
    shapes = np.random.default_rng(0).normal(0, 1, (KINDS, 24))
    y = rng.integers(0, KINDS, n)
    x = shapes[y] * rng.uniform(0.8, 1.2, (n, 1)) + rng.normal(0, 0.5, (n, 24))
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(y)


class LeafNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(24, 48)
        self.hidden2 = nn.Linear(48, 32)
        self.output = nn.Linear(32, KINDS)

    def forward(self, x):
        x = F.relu(self.hidden1(x))
        x = F.relu(self.hidden2(x))
        return self.output(x)


if __name__ == "__main__":
    torch.manual_seed(0)
    train_loader = DataLoader(TensorDataset(*leaves(2000, 1)), batch_size=50, shuffle=True)
    x_test, y_test = leaves(400, 2)
    net = LeafNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for epoch in range(12):
        losses = []
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        with torch.no_grad():
            accuracy = (net(x_test).argmax(1) == y_test).float().mean()
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, accuracy {accuracy:.3f}")
