"""Next-day load of a power grid from the last 24 hours: a residual MLP with dropout after every layer."""

import math

import torch
from torch import nn


def days(n, gen):
    hour = torch.arange(48) / 24
    height = 0.5 + torch.rand(n, 1, generator=gen)
    shift = torch.rand(n, 1, generator=gen)
    load = height * torch.sin(2 * math.pi * (hour + shift)) + 0.4 * height.square() * torch.cos(4 * math.pi * (hour + shift))
    load = load + 0.05 * torch.randn(n, 48, generator=gen)
    return load[:, :24], load[:, 24:]


class Residual(nn.Module):
    def __init__(self, width, drop):
        super().__init__()
        self.body = nn.Sequential(nn.Dropout(drop), nn.Linear(width, width), nn.GELU(), nn.Dropout(drop), nn.Linear(width, width))

    def forward(self, h):
        return h + self.body(h)


class Forecaster(nn.Module):
    def __init__(self, width=64, depth=2, drop=0.8):
        super().__init__()
        self.net = nn.Sequential(
            nn.Dropout(drop), nn.Linear(24, width), *(Residual(width, drop) for _ in range(depth)), nn.Dropout(drop), nn.Linear(width, 24)
        )

    def forward(self, past):
        return self.net(past)


def fit(model, train, valid, epochs=7, batch=40):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    error = nn.MSELoss()
    for epoch in range(epochs):
        model.train()
        for rows in torch.randperm(len(train[0])).split(batch):
            loss = error(model(train[0][rows]), train[1][rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            held_out = error(model(valid[0]), valid[1]).item()
        print(f"epoch {epoch + 1}: last batch {loss.item():.4f}, held out {held_out:.4f}")


if __name__ == "__main__":
    torch.manual_seed(0)
    gen = torch.Generator().manual_seed(11)
    fit(Forecaster(), days(1600, gen), days(400, gen))
