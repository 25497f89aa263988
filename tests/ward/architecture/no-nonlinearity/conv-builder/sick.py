"""Is the ring closed or open? A convolutional network put together by a builder from a list of widths."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Rings(Dataset):
    def __init__(self, n, seed, size=20):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:size, :size]
        self.y = rng.integers(0, 2, n)
        self.x = rng.normal(0, 0.15, (n, 1, size, size)).astype(np.float32)
        for picture, is_open in zip(self.x, self.y):
            cy, cx = rng.uniform(7, size - 7, 2)
            sign = rng.choice([-1, 1])
            r = np.hypot(yy - cy, xx - cx)
            ring = abs(r - 4) < 1
            if is_open:
                gap = rng.uniform(-np.pi, np.pi)
                ring &= np.cos(np.arctan2(yy - cy, xx - cx) - gap) < 0.5
            picture[0] += sign * ring * (36 / max(1, ring.sum()))

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def build(widths, classes, activation=None):
    layers, before = [], 1
    for width in widths:
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width)]
        if activation is not None:
            layers.append(activation())
        before = width
    layers += [nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(25 * before, 32)]
    if activation is not None:
        layers.append(activation())
    layers.append(nn.Linear(32, classes))
    return nn.Sequential(*layers)


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in loader])


if __name__ == "__main__":
    torch.manual_seed(0)
    train = DataLoader(Rings(1600, 1), batch_size=32, shuffle=True)
    test = DataLoader(Rings(400, 2), batch_size=100)
    model = build([12, 16], classes=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(5):
        model.train()
        losses = []
        for x, y in train:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch}: loss {np.mean(losses):.3f}, accuracy {evaluate(model, test):.3f}")
