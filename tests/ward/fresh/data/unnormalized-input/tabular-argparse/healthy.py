"""Predict the yearly energy bill of a household from its register entry."""
import argparse
import logging

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

log = logging.getLogger("energy")


def make_register(n, seed):
    rng = np.random.default_rng(seed)
    area = rng.gamma(6.0, 18.0, n)
    income = rng.lognormal(10.6, 0.5, n)
    built = rng.integers(1900, 2022, n).astype(float)
    people = rng.integers(1, 7, n).astype(float)
    altitude = rng.uniform(0, 1500, n)
    insulation = np.clip((built - 1900) / 120 + 0.1 * rng.normal(size=n), 0, 1)
    kwh = area * (150 - 90 * insulation) * (1 + altitude / 3000) + 900 * people
    kwh += 0.04 * np.sqrt(income) * area
    price = np.where(kwh > 12000, 0.27, 0.31)
    bill = kwh * price * np.exp(0.05 * rng.normal(size=n))
    x = np.stack([area, income, built, people, altitude], 1).astype(np.float32)
    return x, bill.astype(np.float32)


class BillNet(nn.Module):
    def __init__(self, n_in, width, depth):
        super().__init__()
        layers, last = [], n_in
        for _ in range(depth):
            layers += [nn.Linear(last, width), nn.ReLU()]
            last = width
        self.body = nn.Sequential(*layers)
        self.out = nn.Linear(last, 1)

    def forward(self, x):
        return self.out(self.body(x)).squeeze(-1)


@torch.no_grad()
def evaluate(model, loader, loss_fn):
    model.eval()
    total, n, preds, ys = 0.0, 0, [], []
    for xb, yb in loader:
        p = model(xb)
        total += loss_fn(p, yb).item() * len(xb)
        n += len(xb)
        preds.append(p)
        ys.append(yb)
    p, y = torch.cat(preds), torch.cat(ys)
    r2 = 1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    return total / n, r2.item()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--rows", type=int, default=8000)
    ap.add_argument("--epochs", type=int, default=10)
    ap.add_argument("--batch-size", type=int, default=64)
    ap.add_argument("--lr", type=float, default=0.02)
    ap.add_argument("--width", type=int, default=64)
    ap.add_argument("--depth", type=int, default=3)
    ap.add_argument("--seed", type=int, default=3)
    args = ap.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.manual_seed(args.seed)

    x, y = make_register(args.rows, args.seed)
    x = (x - x.mean(0)) / x.std(0)
    y = (y - y.mean()) / y.std()
    ds = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    train, val = random_split(ds, [int(0.8 * len(ds)), len(ds) - int(0.8 * len(ds))])
    train_dl = DataLoader(train, batch_size=args.batch_size, shuffle=True)
    val_dl = DataLoader(val, batch_size=512)

    model = BillNet(x.shape[1], args.width, args.depth)
    opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, args.epochs)
    loss_fn = nn.SmoothL1Loss()
    log.info("%d parameters", sum(p.numel() for p in model.parameters()))

    for epoch in range(1, args.epochs + 1):
        model.train()
        running = 0.0
        for xb, yb in train_dl:
            opt.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            opt.step()
            running += loss.item() * len(xb)
        sched.step()
        val_loss, r2 = evaluate(model, val_dl, loss_fn)
        log.info("epoch %2d  train %.4f  val %.4f  r2 %.3f", epoch, running / len(train), val_loss, r2)


if __name__ == "__main__":
    main()
