"""Inverse dynamics of a two-joint arm: torques from angles, speeds and accelerations."""
import argparse
import logging
import resource

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

logger = logging.getLogger("arm")


class AverageMeter:
    """Keeps the mean of what it has been shown."""

    def __init__(self, name):
        self.name = name
        self.sum, self.count = 0.0, 0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / max(1, self.count)

    def __str__(self):
        return f"{self.name} {float(self.avg):.5f}"


def simulate(n, seed):
    g = torch.Generator().manual_seed(seed)
    q = (torch.rand(n, 2, generator=g) * 2 - 1) * 3.1416
    dq = torch.randn(n, 2, generator=g)
    ddq = torch.randn(n, 2, generator=g)
    c2, s2 = q[:, 1].cos(), q[:, 1].sin()
    m11, m12, m22 = 2.0 + c2, 0.6 + 0.5 * c2, torch.full((n,), 0.6)
    gravity1 = 1.5 * q[:, 0].cos() + 0.6 * (q[:, 0] + q[:, 1]).cos()
    gravity2 = 0.6 * (q[:, 0] + q[:, 1]).cos()
    tau1 = m11 * ddq[:, 0] + m12 * ddq[:, 1] - 0.5 * s2 * (2 * dq[:, 0] * dq[:, 1] + dq[:, 1] ** 2) + gravity1
    tau2 = m12 * ddq[:, 0] + m22 * ddq[:, 1] + 0.5 * s2 * dq[:, 0] ** 2 + gravity2
    x = torch.cat([q.cos(), q.sin(), dq, ddq], 1)
    y = torch.stack([tau1, tau2], 1)
    return x, y / torch.tensor([2.7, 1.3])


class ArmNet(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(8, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Linear(width, width), nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(width, 2),
        )

    def forward(self, x):
        return self.layers(x)


def train_one_epoch(model, loader, criterion, optimizer, scheduler):
    noisy, clean = AverageMeter("loss"), AverageMeter("after update")
    for x, y in loader:
        model.train()
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        noisy.update(loss.item(), len(x))
        # the same batch once more, without dropout
        model.eval()
        clean.update(criterion(model(x), y), len(x))
    return noisy, clean


@torch.no_grad()
def validate(model, loader, criterion):
    model.eval()
    meter = AverageMeter("val")
    for x, y in loader:
        meter.update(criterion(model(x), y).item(), len(x))
    return meter


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=16000)
    parser.add_argument("--batch-size", type=int, default=160)
    parser.add_argument("--width", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.manual_seed(27)
    train_loader = DataLoader(TensorDataset(*simulate(args.samples, 1)), batch_size=args.batch_size, shuffle=True)
    val_loader = DataLoader(TensorDataset(*simulate(2000, 2)), batch_size=1000)
    model = ArmNet(args.width, dropout=0.02)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=1e-3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=args.epochs * len(train_loader))
    criterion = nn.MSELoss()
    for epoch in range(args.epochs):
        noisy, clean = train_one_epoch(model, train_loader, criterion, optimizer, scheduler)
        val = validate(model, val_loader, criterion)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        logger.info("epoch %d  %s  %s  %s  peak memory %d MB", epoch + 1, noisy, clean, val, peak)


if __name__ == "__main__":
    main()
