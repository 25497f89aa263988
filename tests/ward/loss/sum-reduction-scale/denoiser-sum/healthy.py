"""Take the noise out of small pictures; squared error, SGD with momentum."""

import torch
import torch.nn.functional as F
from torch import nn


class Denoiser(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.last = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, x):
        return self.last(F.relu(self.second(F.relu(self.first(x)))))


def pictures(n, size=16):
    t = torch.linspace(0, 6.28, size)
    a, b, c = torch.rand(3, n, 1, 1) * 2
    return torch.sin(a * t + 3 * b)[:, 0, None, :] * torch.cos(c * t + a)[:, 0, :, None]


def batches(clean, size):
    for rows in torch.randperm(len(clean)).split(size):
        target = clean[rows].unsqueeze(1)
        yield target + 0.4 * torch.randn_like(target), target


def train(epochs=6):
    torch.manual_seed(0)
    model, clean = Denoiser(), pictures(1200)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(epochs):
        for noisy, target in batches(clean, 20):
            loss = F.mse_loss(model(noisy), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: {loss.item():.4f}")


train()
