#!/usr/bin/env python
"""Predict the class of a wine-like sample: gaussians with class-dependent covariance."""
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--depth", type=int, default=14)
    p.add_argument("--width", type=int, default=64)
    p.add_argument("--classes", type=int, default=3)
    p.add_argument("--features", type=int, default=12)
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--batch-size", type=int, default=64)
    p.add_argument("--lr", type=float, default=0.05)
    p.add_argument("--seed", type=int, default=21)
    return p.parse_args()


def load_data(args):
    rng = np.random.default_rng(args.seed)
    factors = [rng.normal(size=(args.features, args.features)) / np.sqrt(args.features) for _ in range(args.classes)]
    means = rng.normal(scale=0.4, size=(args.classes, args.features))
    y = rng.integers(0, args.classes, 3000)
    x = np.stack([means[c] + factors[c] @ rng.normal(size=args.features) for c in y])
    x_tr, x_te, y_tr, y_te = x[:2500], x[2500:], y[:2500], y[2500:]
    mean, std = x_tr.mean(0), x_tr.std(0)

    def to_set(a, b):
        return TensorDataset(torch.tensor((a - mean) / std, dtype=torch.float32), torch.tensor(b))

    return to_set(x_tr, y_tr), to_set(x_te, y_te)


class DeepNet(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.inp = nn.Linear(args.features, args.width)
        self.hidden = nn.ModuleList([nn.Linear(args.width, args.width) for _ in range(args.depth)])
        self.act = nn.Sigmoid()
        self.out = nn.Linear(args.width, args.classes)

    def forward(self, x):
        x = self.inp(x)
        for layer in self.hidden:
            x = layer(self.act(x))
        return self.out(x)


def main():
    args = get_args()
    torch.manual_seed(args.seed)
    train_data, test_data = load_data(args)
    train_loader = DataLoader(train_data, batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(test_data, batch_size=500)
    model = DeepNet(args)
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    loss_fn = nn.CrossEntropyLoss()

    for epoch in range(1, args.epochs + 1):
        model.train()
        train_loss = 0.0
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            train_loss += loss.item()
        scheduler.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for xb, yb in test_loader:
                correct += (model(xb).argmax(dim=1) == yb).sum().item()
        print(f"Epoch {epoch:3d}  train_loss={train_loss / len(train_loader):.4f}  test_acc={correct / len(test_data):.4f}")


if __name__ == "__main__":
    main()
