"""A narrow pre-activation ResNet with zero-initialised residual gains on rendered digits-like glyphs."""
import argparse
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEGMENTS = ["1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"]


def seven_segment(digit, size=20):
    im = torch.zeros(size, size)
    bars = [(3, 5, 3, 14), (3, 5, 10, 5), (3, 14, 10, 14), (10, 5, 10, 14), (10, 5, 17, 5), (10, 14, 17, 14), (17, 5, 17, 14)]
    for on, (r0, c0, r1, c1) in zip(SEGMENTS[digit], bars):
        if on == "1":
            im[r0 - 1:r1 + 1, c0 - 1:c1 + 1] = 1
    return im


class Display(Dataset):
    def __init__(self, n, seed, augment=False):
        g = torch.Generator().manual_seed(seed)
        base = torch.stack([seven_segment(d) for d in range(10)])
        self.y = torch.randint(10, (n,), generator=g)
        theta = torch.eye(2, 3).repeat(n, 1, 1)
        theta[:, :, :2] += 0.1 * torch.randn(n, 2, 2, generator=g)
        theta[:, :, 2] += 0.1 * torch.randn(n, 2, generator=g)
        x = base[self.y].unsqueeze(1)
        x = F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False), align_corners=False)
        self.x = (x + 0.3 * torch.randn(x.shape, generator=g) - 0.3) / 0.5
        self.augment = augment

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i]
        if self.augment:
            dx, dy = torch.randint(-1, 2, (2,)).tolist()
            x = torch.roll(x, (dy, dx), dims=(1, 2))
        return x, self.y[i]


class PreAct(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(cin), nn.BatchNorm2d(cout)
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.gain = nn.Parameter(torch.zeros(1))
        self.short = nn.Conv2d(cin, cout, 1, stride, bias=False) if stride != 1 or cin != cout else nn.Identity()

    def forward(self, x):
        h = self.conv1(F.relu(self.bn1(x)))
        h = self.conv2(F.relu(self.bn2(h)))
        return self.short(x) + self.gain * h


class ResNet(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.stem = nn.Conv2d(1, w, 3, 1, 1, bias=False)
        self.stages = nn.Sequential(PreAct(w, w, 1), PreAct(w, 2 * w, 2), PreAct(2 * w, 2 * w, 1), PreAct(2 * w, 3 * w, 2))
        self.bn = nn.BatchNorm2d(3 * w)
        self.fc = nn.Linear(3 * w, 10)

    def forward(self, x):
        x = F.relu(self.bn(self.stages(self.stem(x))))
        return self.fc(x.mean((2, 3)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", default=6, type=int)
    p.add_argument("--lr", default=0.1, type=float)
    args = p.parse_args()
    torch.manual_seed(0)
    train_loader = DataLoader(Display(1500, 1, augment=True), batch_size=64, shuffle=True, drop_last=True)
    val_loader = DataLoader(Display(250, 2), batch_size=125)
    model = ResNet()
    opt = torch.optim.SGD(model.parameters(), args.lr, momentum=0.9, weight_decay=5e-4)
    total = args.epochs * len(train_loader)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1, (s + 1) / 30) * 0.5 * (1 + math.cos(math.pi * s / total)))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in range(args.epochs):
        model.train()
        tot = 0.0
        for x, y in train_loader:
            loss = criterion(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sched.step()
            tot += loss.item()
        model.eval()
        with torch.no_grad():
            acc = sum((model(x).argmax(1) == y).sum().item() for x, y in val_loader) / len(val_loader.dataset)
        print(f"epoch {epoch} loss {tot / len(train_loader):.4f} val acc {acc:.4f}")


if __name__ == "__main__":
    main()
