"""Electric load, one day ahead: the last months are kept for validation, in order of time.

The table is small, so each step uses all of it.
"""
import math

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def load_curve(days=400, seed=9):
    rng = np.random.default_rng(seed)
    hour = np.arange(days * 24)
    base = 0.6 * np.sin(2 * math.pi * (hour % 24) / 24 - 2) + 0.3 * np.sin(4 * math.pi * (hour % 24) / 24)
    weekend = ((hour // 24) % 7 >= 5) * -0.4
    season = 0.5 * np.cos(2 * math.pi * hour / (24 * 365))
    weather = np.zeros_like(base)
    for i in range(1, len(weather)):
        weather[i] = 0.995 * weather[i - 1] + 0.03 * rng.normal()
    return hour, base + weekend + season + weather


def table(hour, load):
    rows, targets = [], []
    for t in range(7 * 24, len(load) - 24, 6):
        h, d = (hour[t] + 24) % 24, ((hour[t] + 24) // 24) % 7
        day = np.zeros(7)
        day[d] = 1
        rows.append(np.concatenate([
            load[t - 24:t:3], load[t - 6 * 24 - 3:t - 6 * 24 + 3:2],
            [math.sin(2 * math.pi * h / 24), math.cos(2 * math.pi * h / 24)], day,
        ]))
        targets.append(load[t + 24])
    return np.array(rows, np.float32), np.array(targets, np.float32)[:, None]


class LoadNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x)


def main():
    torch.manual_seed(9)
    x, y = table(*load_curve())
    cut = int(0.75 * len(x))
    mx, sx, my, sy = x[:cut].mean(0), x[:cut].std(0), y[:cut].mean(), y[:cut].std()
    x, y = torch.from_numpy((x - mx) / sx), torch.from_numpy((y - my) / sy)
    x_train, y_train = x[:cut], y[:cut]
    val_loader = DataLoader(TensorDataset(x[cut:], y[cut:]), batch_size=128, shuffle=False)
    naive = (y_train[28:] - y_train[:-28]).square().mean().item()
    print(f"{cut} rows to train on, {len(x) - cut} later rows to validate; same hour last week would cost {naive:.4f}")

    model = LoadNet(x.shape[1])
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1200)
    criterion = nn.MSELoss()
    for epoch in range(1200):
        model.train()
        optimizer.zero_grad()
        loss = criterion(model(x_train), y_train)
        loss.backward()
        optimizer.step()
        scheduler.step()
        if epoch % 150 == 0 or epoch == 1199:
            model.eval()
            with torch.no_grad():
                val = sum(criterion(model(xb), yb).item() * len(xb) for xb, yb in val_loader) / (len(x) - cut)
            print(f"epoch {epoch:4d}  train {loss.item():.4f}  val {val:.4f}")


if __name__ == "__main__":
    main()
