"""Forecast the load of a power grid six hours ahead. Windows are fed in time order, the last weeks are held out."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

HISTORY, AHEAD = 24, 6


def grid_load(hours, generator):
    t = torch.arange(hours)
    noise = torch.zeros(hours)
    shocks = 0.15 * torch.randn(hours, generator=generator)
    for i in range(1, hours):
        noise[i] = 0.9 * noise[i - 1] + shocks[i]
    day = torch.sin(2 * math.pi * t / 24 - 2) + 0.4 * torch.sin(4 * math.pi * t / 24)
    weekend = ((t // 24) % 7 >= 5).float()
    return 50 + 8 * day * (1 - 0.4 * weekend) - 4 * weekend + 3 * noise


class WindowDataset(Dataset):
    def __init__(self, series):
        self.series = series

    def __len__(self):
        return len(self.series) - HISTORY - AHEAD + 1

    def __getitem__(self, i):
        return self.series[i : i + HISTORY], self.series[i + HISTORY : i + HISTORY + AHEAD]


class Forecaster(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(HISTORY, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, AHEAD)
        )

    def forward(self, window):
        return window[:, -1:] + self.mlp(window)


def mean_loss(model, loader, criterion):
    model.eval()
    with torch.no_grad():
        return sum(criterion(model(x), y).item() for x, y in loader) / len(loader)


def main():
    torch.manual_seed(0)
    series = grid_load(24 * 7 * 22, torch.Generator().manual_seed(3))
    cut = 24 * 7 * 19
    mean, std = series[:cut].mean(), series[:cut].std()
    series = (series - mean) / std
    train_loader = DataLoader(WindowDataset(series[:cut]), batch_size=64, shuffle=False)
    test_loader = DataLoader(WindowDataset(series[cut - HISTORY :]), batch_size=128)

    model = Forecaster()
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    persistence = torch.cat([(y - x[:, -1:]).pow(2).flatten() for x, y in test_loader]).mean()
    print(f"persistence forecast: {persistence:.4f}")
    for epoch in range(1, 11):
        model.train()
        total = 0.0
        for window, future in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(window), future)
            loss.backward()
            optimizer.step()
            total += loss.item()
        test_loss = mean_loss(model, test_loader, criterion)
        print(f"epoch {epoch:2d}: train {total / len(train_loader):.4f}  test {test_loss:.4f}")


if __name__ == "__main__":
    main()
