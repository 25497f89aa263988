"""Read single digits from noisy low-resolution displays with a small residual network."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

CONFIG = {
    "model": {"widths": (8, 16, 32), "num_classes": 10, "frozen_stages": 0},
    "data": {"train_size": 2400, "val_size": 500, "batch_size": 64},
    "schedule": {"epochs": 9, "lr": 0.05, "momentum": 0.9, "weight_decay": 5e-4},
    "seed": 3,
}

FONT = (
    "01110100011001110101110011000101110",
    "00100011000010000100001000010001110",
    "01110100010000100010001000100011111",
    "11111000100010000010000011000101110",
    "00010001100101010010111110001000010",
    "11111100001111000001000011000101110",
    "00110010001000011110100011000101110",
    "11111000010001000100010000100001000",
    "01110100011000101110100011000101110",
    "01110100011000101111000010001001100",
)


def make_split(n, rng):
    glyphs = np.array([[int(c) for c in row] for row in FONT], dtype=np.float32).reshape(10, 7, 5)
    labels = rng.integers(0, 10, n)
    images = rng.normal(0, 0.35, (n, 1, 14, 14)).astype(np.float32)
    for i, label in enumerate(labels):
        top, left = rng.integers(1, 7), rng.integers(1, 9)
        images[i, 0, top : top + 7, left : left + 5] += glyphs[label] * rng.uniform(0.8, 1.2)
    return torch.from_numpy(images), torch.from_numpy(labels)


class ResidualBlock(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.skip = nn.Conv2d(cin, cout, 1, stride, bias=False)

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.skip(x))


class DigitNet(nn.Module):
    def __init__(self, widths, num_classes, frozen_stages):
        super().__init__()
        self.stages = nn.ModuleList()
        cin = 1
        for i, width in enumerate(widths):
            self.stages.append(ResidualBlock(cin, width, stride=1 if i == 0 else 2))
            cin = width
        self.head = nn.Linear(cin, num_classes)
        for stage in self.stages[:frozen_stages]:
            for p in stage.parameters():
                p.requires_grad = False

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        return self.head(x.mean(dim=(2, 3)))


def run(cfg):
    torch.manual_seed(cfg["seed"])
    rng = np.random.default_rng(cfg["seed"])
    x_train, y_train = make_split(cfg["data"]["train_size"], rng)
    x_val, y_val = make_split(cfg["data"]["val_size"], rng)
    mean, std = x_train.mean(), x_train.std()
    loader = DataLoader(
        TensorDataset((x_train - mean) / std, y_train), batch_size=cfg["data"]["batch_size"], shuffle=True
    )
    x_val = (x_val - mean) / std

    model = DigitNet(**cfg["model"])
    sched = cfg["schedule"]
    optimizer = torch.optim.SGD(
        (p for p in model.parameters() if p.requires_grad),
        lr=sched["lr"],
        momentum=sched["momentum"],
        weight_decay=sched["weight_decay"],
    )
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=sched["epochs"])

    for epoch in range(sched["epochs"]):
        model.train()
        total = 0.0
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()

        model.eval()
        with torch.no_grad():
            val_acc = (model(x_val).argmax(1) == y_val).float().mean().item()
        print(f"Epoch [{epoch + 1}/{sched['epochs']}] loss: {total / len(loader):.4f} val_acc: {val_acc:.3f}")


if __name__ == "__main__":
    run(CONFIG)
