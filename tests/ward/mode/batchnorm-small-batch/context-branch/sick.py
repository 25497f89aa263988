"""Segment roofs in large tiles, one tile at a time; a branch adds the context of the whole picture."""

import torch
import torch.nn.functional as F
from torch import nn


def norm(channels):
    return nn.BatchNorm2d(channels)


class ContextNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), norm(width), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=2, dilation=2), norm(width), nn.ReLU(),
        )  # fmt: skip
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width, 1), norm(width), nn.ReLU())
        self.classify = nn.Conv2d(2 * width, 2, 1)

    def forward(self, x):
        h = self.features(x)
        around = F.interpolate(self.context(h), size=h.shape[-2:])
        return self.classify(torch.cat([h, around], dim=1))


def tile(generator, size=32):
    mask = torch.zeros(size, size, dtype=torch.long)
    for _ in range(int(torch.randint(1, 4, (1,), generator=generator))):
        y, x = torch.randint(0, size - 8, (2,), generator=generator).tolist()
        mask[y : y + 8, x : x + 8] = 1
    light = 0.5 + torch.rand(1, generator=generator)
    picture = torch.stack([light * mask, light * (1 - mask), 0.5 * light * mask])
    return picture + 0.4 * torch.randn(3, size, size, generator=generator) - 0.4, mask


def train(steps=400):
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    net = ContextNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    net.train()
    for step in range(steps):
        picture, mask = tile(generator)
        loss = F.cross_entropy(net(picture[None]), mask[None])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 50 == 0:
            print(f"step {step}: loss {loss.item():.3f}")


train()
