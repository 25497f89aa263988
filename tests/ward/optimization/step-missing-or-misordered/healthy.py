"""Predict the daily electricity load of a building from weather and calendar features."""

import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

SEED = 7


class LoadData(Dataset):
    def __init__(self, n, rng, stats=None):
        temperature = rng.normal(12.0, 8.0, n)
        wind = rng.gamma(2.0, 2.0, n)
        day = rng.integers(0, 365, n)
        weekend = rng.integers(0, 2, n)
        occupancy = rng.uniform(0, 1, n)
        season = 2 * np.pi * day / 365
        load = (
            0.04 * np.abs(temperature - 18) ** 1.5
            + 0.8 * occupancy * (1 - 0.7 * weekend)
            + 0.15 * wind * (temperature < 5)
            + 0.5 * np.cos(season)
            + rng.normal(0, 0.1, n)
        )
        columns = [temperature, wind, np.sin(season), np.cos(season), weekend, occupancy]
        x = np.stack(columns, axis=1).astype(np.float32)
        y = load.astype(np.float32)
        if stats is None:
            stats = (x.mean(0), x.std(0), y.mean(), y.std())
        self.stats = stats
        self.x = torch.from_numpy((x - stats[0]) / stats[1])
        self.y = torch.from_numpy((y - stats[2]) / stats[3])

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


class LoadNet(nn.Module):
    def __init__(self, n_features=6, hidden=64):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_features, hidden),
            nn.SiLU(),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
        )
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.body(x)).squeeze(-1)


def train_one_epoch(model, loader, loss_fn, optimizer, scheduler):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=5.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def validate(model, loader):
    model.eval()
    squared, total = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            squared += ((model(x) - y) ** 2).sum().item()
            total += len(y)
    return (squared / total) ** 0.5


def main(epochs=8, batch_size=64, max_lr=5e-3):
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train_set = LoadData(3200, rng)
    val_set = LoadData(600, rng, train_set.stats)
    train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=300)

    model = LoadNet()
    loss_fn = nn.MSELoss()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=max_lr, total_steps=epochs * len(train_loader), pct_start=0.2
    )

    for epoch in range(epochs):
        loss = train_one_epoch(model, train_loader, loss_fn, optimizer, scheduler)
        rmse = validate(model, val_loader)
        print(f"epoch {epoch:2d}  mse {loss:.4f}  val rmse {rmse:.4f}  lr {scheduler.get_last_lr()[0]:.2e}")


if __name__ == "__main__":
    main()
