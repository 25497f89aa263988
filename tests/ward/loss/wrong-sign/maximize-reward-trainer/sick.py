"""Regress the age of trees from ring widths; a trainer that thinks in rewards."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    epochs: int = 10
    batch_size: int = 32
    lr: float = 1e-3
    width: int = 48


class Rings(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        age = rng.uniform(10, 150, n)
        climate = rng.normal(0, 1, (n, 12))
        widths = 6 / np.sqrt(age)[:, None] * (1 + 0.2 * climate) + rng.normal(0, 0.05, (n, 12))
        self.x = ((widths - 0.8) / 0.4).astype("float32")
        self.y = ((age - 80) / 40).astype("float32")

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class AgeModel(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(12, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


class Trainer:
    def __init__(self, config):
        self.config = config
        self.model = AgeModel(config.width)
        self.criterion = nn.SmoothL1Loss()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=config.lr, maximize=True)

    def step(self, x, y):
        loss = self.criterion(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, train, valid):
        for epoch in range(self.config.epochs):
            self.model.train()
            losses = [self.step(x, y) for x, y in train]
            self.model.eval()
            with torch.no_grad():
                error = np.mean([(self.model(x) - y).abs().mean().item() for x, y in valid])
            print(f"epoch {epoch}: training {np.mean(losses):.4f}, validation error {40 * error:.1f} years")


if __name__ == "__main__":
    torch.manual_seed(0)
    config = Config()
    train = DataLoader(Rings(1600, 1), batch_size=config.batch_size, shuffle=True)
    valid = DataLoader(Rings(400, 2), batch_size=100)
    Trainer(config).fit(train, valid)
