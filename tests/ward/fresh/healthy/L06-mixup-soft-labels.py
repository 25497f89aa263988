"""Mixup on drawn letters: train accuracy looks poor since the labels are blends; validation tells the truth."""
import argparse

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FONT = {
    "A": "01110 10001 11111 10001 10001", "E": "11111 10000 11110 10000 11111", "H": "10001 10001 11111 10001 10001",
    "K": "10010 10100 11000 10100 10010", "O": "01110 10001 10001 10001 01110", "S": "01111 10000 01110 00001 11110",
    "T": "11111 00100 00100 00100 00100", "X": "10001 01010 00100 01010 10001",
}


def letters(n, seed):
    g = torch.Generator().manual_seed(seed)
    glyphs = torch.tensor([[[int(c) for c in row] for row in f.split()] for f in FONT.values()]).float()
    glyphs = glyphs.repeat_interleave(2, 1).repeat_interleave(2, 2)
    y = torch.randint(len(FONT), (n,), generator=g)
    x = torch.zeros(n, 1, 16, 16)
    for i in range(n):
        r, c = torch.randint(0, 7, (2,), generator=g).tolist()
        x[i, 0, r:r + 10, c:c + 10] = glyphs[y[i]]
    x += 0.4 * torch.randn(x.shape, generator=g)
    return TensorDataset((x - x.mean()) / x.std(), y)


def mixup(x, y, alpha, classes):
    lam = torch.distributions.Beta(alpha, alpha).sample().item()
    other = torch.randperm(len(x))
    target = F.one_hot(y, classes).float()
    return lam * x + (1 - lam) * x[other], lam * target + (1 - lam) * target[other]


class ConvNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stages = nn.ModuleList()
        for cin, cout in ((1, 8), (8, 16), (16, 24)):
            self.stages.append(nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.BatchNorm2d(cout), nn.ReLU(), nn.MaxPool2d(2)))
        self.head = nn.Linear(24 * 4, classes)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(x.flatten(1))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--alpha", type=float, default=1.0)
    p.add_argument("--epochs", type=int, default=7)
    a = p.parse_args()
    torch.manual_seed(80)
    train = DataLoader(letters(1680, 1), batch_size=56, shuffle=True)
    val = DataLoader(letters(250, 2), batch_size=250)
    net = ConvNet(len(FONT))
    opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.02)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, a.epochs * len(train))
    for epoch in range(a.epochs):
        net.train()
        total, agree = 0.0, 0.0
        for x, y in train:
            mixed, target = mixup(x, y, a.alpha, len(FONT))
            out = net(mixed)
            loss = F.cross_entropy(out, target)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
            total += loss.item()
            agree += (out.argmax(1) == y).float().mean().item()
        net.eval()
        with torch.no_grad():
            hits = sum((net(x).argmax(1) == y).sum().item() for x, y in val)
        print(f"{epoch + 1:2d}  mixup loss {total / len(train):.4f}  train acc {agree / len(train):.3f}  val acc {hits / 250:.3f}")


if __name__ == "__main__":
    main()
