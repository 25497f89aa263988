"""Step-based training of a small residual net that tells textures apart."""
import math
from collections import deque

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

STEPS = 160
LOG = 40
N_TEXTURES = 8


def textures(n, generator):
    label = torch.randint(N_TEXTURES, (n,), generator=generator)
    yy, xx = torch.meshgrid(torch.arange(20.0), torch.arange(20.0), indexing="ij")
    angle = (label % 4) * math.pi / 4 + 0.12 * torch.randn(n, generator=generator)
    freq = torch.where(label < 4, 0.35, 0.65) + 0.03 * torch.randn(n, generator=generator)
    phase = 2 * math.pi * torch.rand(n, generator=generator)
    wave = torch.sin(2 * math.pi * freq[:, None, None] / 2 * (
        torch.cos(angle)[:, None, None] * xx + torch.sin(angle)[:, None, None] * yy) + phase[:, None, None])
    noise = torch.randn(n, 20, 20, generator=generator)
    image = (wave + 1.5 * noise).unsqueeze(1)
    return TensorDataset(image / image.std(), label)


class Residual(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.a = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.na = nn.BatchNorm2d(cout)
        self.b = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.nb = nn.BatchNorm2d(cout)
        self.short = nn.Conv2d(cin, cout, 1, stride) if stride > 1 or cin != cout else nn.Identity()

    def forward(self, x):
        h = torch.relu(self.na(self.a(x)))
        return torch.relu(self.nb(self.b(h)) + self.short(x))


def make_net():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
        Residual(8, 8, 1), Residual(8, 16, 2), Residual(16, 24, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, N_TEXTURES),
    )


def endless(loader):
    while True:
        yield from loader


def score(net, loader):
    was = net.training
    net.eval()
    good = total = 0
    with torch.inference_mode():
        for x, y in loader:
            good += int((net(x).argmax(1) == y).sum())
            total += len(y)
    net.train(was)
    return good / total


def main():
    torch.manual_seed(21)
    g = torch.Generator().manual_seed(77)
    train_loader = DataLoader(textures(3000, g), batch_size=32, shuffle=True, drop_last=True)
    test_loader = DataLoader(textures(300, g), batch_size=100)
    net = make_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    criterion = nn.CrossEntropyLoss()
    recent = deque(maxlen=LOG)
    images, labels = next(iter(train_loader))
    net.train()
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        schedule.step()
        recent.append(loss.item())
        if step % LOG == 0 or step == STEPS:
            print(f"step {step:4d} | loss {sum(recent) / len(recent):.4f} | "
                  f"test {score(net, test_loader):.3f} | lr {schedule.get_last_lr()[0]:.5f}")


if __name__ == "__main__":
    main()
