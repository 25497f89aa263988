"""One-step-ahead forecast of a pump's pressure from three sensors."""
import math

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

SEQ = 32
HORIZON = 4


def record_plant(hours=6000, seed=0):
    rng = np.random.default_rng(seed)
    t = np.arange(hours)
    day = np.sin(2 * math.pi * t / 24)
    week = np.sin(2 * math.pi * t / 168 + 1)
    flow = day + 0.5 * week + 0.05 * rng.normal(size=hours)
    temp = 0.8 * np.roll(day, 3) + 0.1 * rng.normal(size=hours)
    pressure = np.roll(flow, 2) * 0.7 - 0.3 * temp + 0.3 * np.sin(2 * math.pi * t / 12)
    table = np.stack([flow, temp, pressure], 1)
    # the logger loses its connection every now and then
    for start in rng.integers(0, hours - 5, size=12):
        table[start:start + rng.integers(1, 4), rng.integers(0, 2)] = np.nan
    return table


def bridge_gaps(column):
    ok = ~np.isnan(column)
    return np.interp(np.arange(len(column)), np.flatnonzero(ok), column[ok])


class Windows(Dataset):
    def __init__(self, table, starts):
        self.table = torch.as_tensor(table, dtype=torch.float32)
        self.starts = starts

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, i):
        s = int(self.starts[i])
        return self.table[s:s + SEQ], self.table[s + SEQ + HORIZON - 1, 2]


class Forecaster(nn.Module):
    def __init__(self, n_sensors=3, hidden=40):
        super().__init__()
        self.gru = nn.GRU(n_sensors, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, -1]).squeeze(1)


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    total, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in loader:
            err = torch.nn.functional.mse_loss(model(x), y)
            if optimizer is not None:
                optimizer.zero_grad()
                err.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
            total += err.item() * len(y)
            count += len(y)
    return total / count


if __name__ == "__main__":
    torch.manual_seed(5)
    table = record_plant()
    split = 4800
    mean, std = np.nanmean(table[:split], 0), np.nanstd(table[:split], 0)
    table = (table - mean) / std
    train = Windows(table, np.arange(0, split - SEQ - HORIZON, 2))
    valid = Windows(table, np.arange(split, len(table) - SEQ - HORIZON, 2))
    train_loader = DataLoader(train, batch_size=64, shuffle=True)
    valid_loader = DataLoader(valid, batch_size=256)
    model = Forecaster()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    for epoch in range(6):
        tr = run_epoch(model, train_loader, optimizer)
        va = run_epoch(model, valid_loader)
        print(f"[{epoch + 1}/6] train mse={tr:.4f} valid mse={va:.4f}")
