"""Fully connected network on a synthetic particle-jet table: which of four decays produced the event?"""

import argparse
import time

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def simulate(n, n_features=16, n_classes=4):
    mixing = torch.randn(n_features, 8) / n_features**0.5
    readout = torch.randn(8, n_classes)
    x = torch.randn(n, n_features)
    scores = (x @ mixing).abs() @ (readout - readout.mean(0))
    scores = (scores - scores.mean(0)) / scores.std(0)
    return x, scores.argmax(dim=1)


def build(n_features, n_classes, width, depth):
    layers = [nn.Linear(n_features, width), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    layers.append(nn.Linear(width, n_classes))
    net = nn.Sequential(*layers)
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
            nn.init.zeros_(m.bias)
    return net


def parse_args():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--events", type=int, default=8000)
    p.add_argument("--width", type=int, default=64)
    p.add_argument("--depth", type=int, default=11)
    p.add_argument("--epochs", type=int, default=14)
    p.add_argument("--batch", type=int, default=100)
    p.add_argument("--lr", type=float, default=0.01)
    p.add_argument("--seed", type=int, default=11)
    return p.parse_args()


def main():
    args = parse_args()
    torch.manual_seed(args.seed)
    x, y = simulate(args.events)
    cut = int(0.85 * args.events)
    train = DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=args.batch, shuffle=True)

    net = build(x.shape[1], 4, args.width, args.depth)
    optim = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(args.epochs):
        start = time.perf_counter()
        net.train()
        loss_sum = hits = 0.0
        for xb, yb in train:
            optim.zero_grad()
            out = net(xb)
            loss = criterion(out, yb)
            loss.backward()
            optim.step()
            loss_sum += loss.item() * len(yb)
            hits += (out.argmax(1) == yb).sum().item()
        net.eval()
        with torch.no_grad():
            acc = (net(x[cut:]).argmax(1) == y[cut:]).float().mean().item()
        print(
            f"epoch {epoch:2d} | loss {loss_sum / cut:.4f} | train acc {hits / cut:.3f} | "
            f"test acc {acc:.3f} | {time.perf_counter() - start:.1f}s"
        )


if __name__ == "__main__":
    main()
