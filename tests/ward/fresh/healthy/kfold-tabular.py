"""5-fold cross-validation; a fresh model, optimizer and scaler per fold."""
import argparse

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def housing(n, rng):
    rooms = rng.integers(1, 8, n)
    area = 20 + 22 * rooms + rng.normal(0, 12, n)
    age = rng.gamma(2, 15, n)
    dist = rng.exponential(6, n)
    zone = rng.integers(0, 4, n)
    price = (1.8 + 0.5 * np.cos(zone)) * area * np.exp(-0.08 * dist) - 0.8 * age + 15 * np.sqrt(rooms) + rng.normal(0, 8, n)
    return np.stack([rooms, area, age, dist], 1).astype(np.float32), zone, price.astype(np.float32)


class PriceNet(nn.Module):
    def __init__(self, n_num, n_zone, width=48):
        super().__init__()
        self.zone = nn.Embedding(n_zone, 4)
        self.body = nn.Sequential(
            nn.Linear(n_num + 4, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, 1),
        )

    def forward(self, num, zone):
        return self.body(torch.cat([num, self.zone(zone)], 1)).squeeze(1)


def folds(n, k, rng):
    return np.array_split(rng.permutation(n), k)


def fit_fold(num, zone, price, train_idx, test_idx, args):
    mu, sd = num[train_idx].mean(0), num[train_idx].std(0)
    pm, ps = price[train_idx].mean(), price[train_idx].std()
    t_num = torch.tensor((num - mu) / sd)
    t_price = torch.tensor((price - pm) / ps)
    t_zone = torch.tensor(zone)
    loader = DataLoader(TensorDataset(t_num[train_idx], t_zone[train_idx], t_price[train_idx]),
                        batch_size=args.batch, shuffle=True)
    model = PriceNet(num.shape[1], 4)
    opt = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-3)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, args.epochs)
    loss_fn = nn.HuberLoss()
    for _ in range(args.epochs):
        model.train()
        for xb, zb, yb in loader:
            opt.zero_grad()
            loss = loss_fn(model(xb, zb), yb)
            loss.backward()
            opt.step()
        sched.step()
    model.eval()
    with torch.no_grad():
        pred = model(t_num[test_idx], t_zone[test_idx]) * ps + pm
    err = pred.numpy() - price[test_idx]
    return np.sqrt((err**2).mean()), 1 - (err**2).sum() / ((price[test_idx] - price[test_idx].mean()) ** 2).sum()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--k", type=int, default=5)
    ap.add_argument("--epochs", type=int, default=12)
    ap.add_argument("--batch", type=int, default=48)
    ap.add_argument("--lr", type=float, default=4e-3)
    args = ap.parse_args()
    rng = np.random.default_rng(8)
    torch.manual_seed(8)
    num, zone, price = housing(3000, rng)
    scores = []
    parts = folds(len(price), args.k, rng)
    for i, test_idx in enumerate(parts):
        train_idx = np.concatenate([p for j, p in enumerate(parts) if j != i])
        rmse, r2 = fit_fold(num, zone, price, train_idx, test_idx, args)
        scores.append((rmse, r2))
        print(f"fold {i}: rmse {rmse:.2f}  R2 {r2:.4f}")
    arr = np.array(scores)
    print(f"mean rmse {arr[:, 0].mean():.2f} +- {arr[:, 0].std():.2f}, mean R2 {arr[:, 1].mean():.4f}")


if __name__ == "__main__":
    main()
