"""Cell segmentation on rendered tissue; the validation score is taken over the whole set at once."""
import argparse
import resource

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


def tissue(n, size, seed):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[0:size, 0:size]
    imgs = np.zeros((n, 1, size, size), np.float32)
    masks = np.zeros((n, size, size), np.int64)
    for i in range(n):
        imgs[i, 0] = 0.3 * np.sin(xx * rng.uniform(0.05, 0.2)) + 0.2 * rng.normal(size=(size, size))
        for _ in range(rng.integers(3, 7)):
            cx, cy = rng.uniform(0, size, 2)
            a, b = rng.uniform(3, 8, 2)
            cell = ((xx - cx) / a) ** 2 + ((yy - cy) / b) ** 2
            masks[i][cell < 1] = 1
            masks[i][cell < 0.25] = 2
        imgs[i, 0] += 0.5 * (masks[i] == 1) - 0.5 * (masks[i] == 2)
    return torch.from_numpy((imgs - imgs.mean()) / imgs.std()), torch.from_numpy(masks)


class FCN(nn.Module):
    def __init__(self, ch=12):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(1, ch, 3, padding=1), nn.BatchNorm2d(ch), nn.ReLU())
        self.b = nn.Sequential(nn.Conv2d(ch, ch, 3, padding=2, dilation=2), nn.BatchNorm2d(ch), nn.ReLU())
        self.c = nn.Sequential(nn.Conv2d(ch, ch, 3, padding=4, dilation=4), nn.BatchNorm2d(ch), nn.ReLU())
        self.out = nn.Conv2d(3 * ch, 3, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        return self.out(torch.cat([a, b, self.c(b)], 1))


def mean_iou(pred, target, classes=3):
    ious = []
    for c in range(classes):
        inter = ((pred == c) & (target == c)).sum().item()
        union = ((pred == c) | (target == c)).sum().item()
        ious.append(inter / max(union, 1))
    return sum(ious) / classes


def validate(model, loader):
    model.eval()
    logits, targets = [], []
    for x, y in loader:
        logits.append(model(x))
        targets.append(y)
    logits, targets = torch.cat(logits), torch.cat(targets)
    return F.cross_entropy(logits, targets).item(), mean_iou(logits.argmax(1), targets)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--epochs", type=int, default=3)
    ap.add_argument("--size", type=int, default=40)
    ap.add_argument("--batch-size", type=int, default=16)
    args = ap.parse_args()
    torch.manual_seed(2)
    train_dl = DataLoader(TensorDataset(*tissue(200, args.size, 1)), args.batch_size, shuffle=True)
    val_dl = DataLoader(TensorDataset(*tissue(200, args.size, 2)), args.batch_size)
    model = FCN()
    opt = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(args.epochs):
        model.train()
        total = 0.0
        for x, y in train_dl:
            opt.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
            total += loss.item()
        vloss, miou = validate(model, val_dl)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"epoch {epoch} train {total / len(train_dl):.4f} val {vloss:.4f} mIoU {miou:.3f} peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
