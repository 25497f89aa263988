"""Glyph classifier with label smoothing; the loss cannot reach zero, the accuracy can."""
import argparse
import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def glyphs(n, classes, seed):
    prototypes = torch.randn(classes, 1, 4, 4, generator=torch.Generator().manual_seed(99))
    prototypes = nn.functional.interpolate(prototypes, size=(16, 16), mode="bilinear", align_corners=False)
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(classes, (n,), generator=g)
    x = prototypes[y]
    shift = torch.randint(-2, 3, (n, 2), generator=g).tolist()
    x = torch.stack([torch.roll(img, s, (1, 2)) for img, s in zip(x, shift)])
    x = x + 0.5 * torch.randn(x.shape, generator=g)
    return TensorDataset((x - x.mean()) / x.std(), y)


def smoothing_floor(eps, classes):
    """Loss of the perfect answer: entropy of the smoothed target."""
    top, rest = 1 - eps + eps / classes, eps / classes
    return -top * math.log(top) - (classes - 1) * rest * math.log(rest)


class GlyphNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.head = nn.Linear(16 * 16, classes)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoothing", type=float, default=0.1)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=7)
    opts = parser.parse_args()
    torch.manual_seed(10)
    train = DataLoader(glyphs(1800, opts.classes, 1), batch_size=60, shuffle=True)
    val = DataLoader(glyphs(300, opts.classes, 2), batch_size=300)
    model = GlyphNet(opts.classes)
    criterion = nn.CrossEntropyLoss(label_smoothing=opts.smoothing)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=opts.epochs, steps_per_epoch=len(train))
    print(f"floor of the smoothed loss: {smoothing_floor(opts.smoothing, opts.classes):.4f}")
    for epoch in range(opts.epochs):
        model.train()
        running = 0.0
        for x, y in train:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step()
            running += loss.item()
        model.eval()
        hits = 0
        with torch.no_grad():
            for x, y in val:
                hits += (model(x).argmax(1) == y).sum().item()
        print(f"epoch {epoch + 1}: loss {running / len(train):.4f}  val acc {hits / 300:.3f}")


if __name__ == "__main__":
    main()
