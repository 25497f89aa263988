"""Sequence tagging: which letters of a random string lie between a matching pair of marks?

The learning rate of the body and that of the classifier are set apart.
"""
import argparse

import numpy as np
import torch
from torch import nn


def make_strings(n, length, vocab, rng):
    x = rng.integers(2, vocab, (n, length))
    y = np.zeros((n, length), dtype=np.int64)
    for i in range(n):
        a, b = sorted(rng.choice(length, 2, replace=False))
        x[i, a], x[i, b] = 0, 1
        y[i, a + 1:b] = 1 + (x[i, a + 1:b] % 2)
    return torch.from_numpy(x), torch.from_numpy(y)


class Tagger(nn.Module):
    def __init__(self, vocab, dim=32, hidden=32, n_tags=3):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.encoder = nn.GRU(dim, hidden, bidirectional=True, batch_first=True)
        self.mixer = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.GELU(), nn.LayerNorm(hidden))
        self.classifier = nn.Linear(hidden, n_tags)

    def forward(self, ids):
        h, _ = self.encoder(self.embed(ids))
        return self.classifier(self.mixer(h))


def param_groups(model, body_lr, head_lr):
    body, head = [], []
    for name, p in model.named_parameters():
        if name.startswith("classifier"):
            head.append(p)
        elif name.startswith("body"):
            body.append(p)
    return [{"params": body, "lr": body_lr}, {"params": head, "lr": head_lr}]


def score(model, x, y):
    model.eval()
    with torch.no_grad():
        pred = model(x).argmax(-1)
    tp = ((pred == y) & (y > 0)).sum().item()
    precision = tp / max((pred > 0).sum().item(), 1)
    recall = tp / max((y > 0).sum().item(), 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), (pred == y).float().mean().item()


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", type=int, default=7)
parser.add_argument("--body-lr", type=float, default=3e-3)
parser.add_argument("--head-lr", type=float, default=1e-2)
parser.add_argument("--batch-size", type=int, default=50)
parser.add_argument("--length", type=int, default=24)
parser.add_argument("--seed", type=int, default=0)

if __name__ == "__main__":
    opts = parser.parse_args()
    torch.manual_seed(opts.seed)
    rng = np.random.default_rng(opts.seed)
    vocab = 22
    x_train, y_train = make_strings(1500, opts.length, vocab, rng)
    x_dev, y_dev = make_strings(200, opts.length, vocab, rng)

    model = Tagger(vocab)
    optimizer = torch.optim.AdamW(param_groups(model, opts.body_lr, opts.head_lr), weight_decay=1e-3)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(opts.epochs):
        model.train()
        order = torch.randperm(len(x_train))
        seen = 0.0
        for idx in order.split(opts.batch_size):
            logits = model(x_train[idx])
            loss = criterion(logits.reshape(-1, 3), y_train[idx].reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += loss.item() * len(idx)
        f1, acc = score(model, x_dev, y_dev)
        print(f"epoch {epoch:2d}: train loss {seen / len(order):.4f}  dev F1 {f1:.3f}  dev acc {acc:.3f}")
