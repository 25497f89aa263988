"""Count-the-corners classifier: head first, then the whole network."""
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    img: int = 24
    n_train: int = 1600
    n_val: int = 400
    epochs: int = 10
    head_only_epochs: int = 1
    lr: float = 3e-3
    widths: list = field(default_factory=lambda: [12, 24, 32])


def polygon(sides, size, rng):
    """Filled regular polygon with random place, turn and size (sides=0 is a cross)."""
    yy, xx = np.mgrid[0:size, 0:size].astype(np.float32)
    cx, cy = rng.uniform(size * 0.4, size * 0.6, 2)
    r = rng.uniform(size * 0.22, size * 0.36)
    phi = rng.uniform(0, 2 * np.pi)
    dx, dy = xx - cx, yy - cy
    if sides == 0:
        u, v = dx * np.cos(phi) + dy * np.sin(phi), -dx * np.sin(phi) + dy * np.cos(phi)
        return ((np.abs(u) < 1.6) & (np.abs(v) < r) | (np.abs(v) < 1.6) & (np.abs(u) < r)).astype(np.float32)
    inside = np.ones_like(xx, dtype=bool)
    for j in range(sides):
        a = phi + 2 * np.pi * j / sides
        inside &= dx * np.cos(a) + dy * np.sin(a) < r * np.cos(np.pi / sides)
    return inside.astype(np.float32)


def make_split(n, size, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, n)
    x = np.stack([polygon([0, 3, 4, 12][c], size, rng) for c in y])
    x = (x - 0.2) / 0.4 + 0.3 * rng.normal(size=x.shape)
    return TensorDataset(torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(y))


class Net(nn.Module):
    def __init__(self, widths, n_classes=4):
        super().__init__()
        layers, c = [], 1
        for w in widths:
            layers += [nn.Conv2d(c, w, 3, padding=1), nn.GroupNorm(4, w), nn.ReLU(), nn.MaxPool2d(2)]
            c = w
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(c, n_classes)

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


def set_trainable(module, flag):
    for p in module.parameters():
        p.requires_grad = flag


def accuracy(model, loader):
    model.eval()
    with torch.no_grad():
        return float(np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in loader]))


def fit(s: Settings):
    torch.manual_seed(1)
    train = DataLoader(make_split(s.n_train, s.img, 10), batch_size=40, shuffle=True)
    val = DataLoader(make_split(s.n_val, s.img, 11), batch_size=100)
    model = Net(s.widths)
    opt = torch.optim.Adam(model.parameters(), lr=s.lr)
    ce = nn.CrossEntropyLoss()
    for epoch in range(s.epochs):
        set_trainable(model.features, s.epochs < s.head_only_epochs)
        model.train()
        losses = []
        for x, y in train:
            loss = ce(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        print(f"epoch {epoch} loss {np.mean(losses):.3f} val_acc {accuracy(model, val):.3f}")


if __name__ == "__main__":
    fit(Settings())
