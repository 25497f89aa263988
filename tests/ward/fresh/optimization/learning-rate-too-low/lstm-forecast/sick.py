from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
log = logging.getLogger("forecast")


@dataclass
class Config:
    window: int = 36
    horizon: int = 6
    hidden: int = 40
    batch_size: int = 64
    epochs: int = 8
    lr: float = 5e-7
    seed: int = 11


def electricity_like(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    daily = np.sin(2 * np.pi * t / 24) + 0.4 * np.sin(4 * np.pi * t / 24 + 0.7)
    weekly = 0.6 * np.sin(2 * np.pi * t / 168 + 0.2)
    ar = np.zeros(n)
    for i in range(1, n):
        ar[i] = 0.8 * ar[i - 1] + 0.08 * rng.normal()
    return (30 + 8 * (daily + weekly + ar)).astype(np.float32)


class Windows(Dataset):
    def __init__(self, series: np.ndarray, window: int, horizon: int):
        self.series = torch.from_numpy(series)
        self.window, self.horizon = window, horizon

    def __len__(self) -> int:
        return len(self.series) - self.window - self.horizon

    def __getitem__(self, i: int):
        x = self.series[i:i + self.window].unsqueeze(-1)
        y = self.series[i + self.window:i + self.window + self.horizon]
        return x, y


class Forecaster(nn.Module):
    def __init__(self, cfg: Config):
        super().__init__()
        self.rnn = nn.LSTM(1, cfg.hidden, batch_first=True)
        self.head = nn.Linear(cfg.hidden, cfg.horizon)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


def evaluate(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    errs = []
    with torch.no_grad():
        for x, y in loader:
            errs.append((model(x) - y).abs().mean(1))
    return torch.cat(errs).mean().item()


def run(cfg: Config) -> None:
    torch.manual_seed(cfg.seed)
    series = electricity_like(3000, cfg.seed)
    cut = 2400
    mu, sd = series[:cut].mean(), series[:cut].std()
    series = (series - mu) / sd
    train_dl = DataLoader(Windows(series[:cut], cfg.window, cfg.horizon), cfg.batch_size, shuffle=True)
    val_dl = DataLoader(Windows(series[cut:], cfg.window, cfg.horizon), 128)
    model = Forecaster(cfg)
    optim = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    loss_fn = nn.SmoothL1Loss()
    log.info("start: val MAE %.4f (scaled)", evaluate(model, val_dl))
    for epoch in range(cfg.epochs):
        model.train()
        running = 0.0
        for x, y in train_dl:
            optim.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optim.step()
            running += loss.item()
        mae = evaluate(model, val_dl)
        log.info("epoch %d  loss %.4f  val MAE %.4f  (%.2f kWh)", epoch, running / len(train_dl), mae, mae * sd)


if __name__ == "__main__":
    run(Config())
