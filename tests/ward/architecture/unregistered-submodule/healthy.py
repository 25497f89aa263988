"""Residual blocks over a spectrum: which mineral is it?"""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

MINERALS = 6


def spectra(n, seed):
    rng = np.random.default_rng(seed)
    base = np.random.default_rng(0)
    centres, widths = base.uniform(5, 75, (MINERALS, 3)), base.uniform(2, 5, (MINERALS, 3))
    y = rng.integers(0, MINERALS, n)
    grid = np.arange(80)
    x = np.zeros((n, 80))
    for k in range(3):
        depth = rng.uniform(0.2, 1.0, n)[:, None]
        x -= depth * np.exp(-(((grid - centres[y, k, None] - rng.normal(0, 3, (n, 1))) / widths[y, k, None]) ** 2))
    x += rng.normal(0, 0.25, x.shape)
    return torch.tensor((x - x.mean()) / x.std(), dtype=torch.float32), torch.from_numpy(y)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        return self.norm(x + self.second(torch.relu(self.first(x))))


class MineralNet(nn.Module):
    def __init__(self, width=48, depth=4):
        super().__init__()
        self.inlet = nn.Linear(80, width)
        self.blocks = nn.ModuleList()
        for _ in range(depth):
            self.blocks.append(Block(width))
        self.outlet = nn.Linear(width, MINERALS)

    def forward(self, x):
        x = torch.relu(self.inlet(x))
        for block in self.blocks:
            x = block(x)
        return self.outlet(x)


def main():
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(*spectra(2000, 1)), batch_size=50, shuffle=True)
    x_test, y_test = spectra(400, 2)
    model = MineralNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(10):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            accuracy = (model(x_test).argmax(1) == y_test).float().mean()
        print(f"epoch {epoch + 1}: loss {total / len(loader):.3f}, accuracy {accuracy:.3f}")


if __name__ == "__main__":
    main()
