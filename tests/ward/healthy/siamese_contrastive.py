"""Learn an embedding of handwritten-like signatures in which two of the same writer lie close together."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

POINTS = 32


class Writers:
    """A writer is a sum of a few harmonics; each signature wobbles around it."""

    def __init__(self, n):
        self.amplitude = np.random.randn(n, 2, 5) / np.arange(1, 6)
        self.phase = np.random.rand(n, 2, 5) * 2 * np.pi

    def sign(self, writer):
        t = np.linspace(0, 2 * np.pi, POINTS)
        harmonics = np.arange(1, 6)
        wobble = 1 + 0.2 * np.random.randn(2, 5)
        phase = self.phase[writer] + 0.25 * np.random.randn(2, 5)
        curve = (self.amplitude[writer] * wobble)[..., None] * np.sin(harmonics[:, None] * t + phase[..., None])
        curve = curve.sum(axis=1) + 0.1 * np.random.randn(2, POINTS)
        return torch.tensor(curve / curve.std(), dtype=torch.float32)


class Pairs(Dataset):
    def __init__(self, writers, ids, size):
        self.items = []
        for _ in range(size):
            a = np.random.choice(ids)
            same = np.random.rand() < 0.5
            b = a if same else np.random.choice([i for i in ids if i != a])
            self.items.append((writers.sign(a), writers.sign(b), float(same)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class SignatureNet(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(2, 16, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * POINTS // 2, 64),
            nn.ReLU(),
            nn.Linear(64, dim),
        )

    def forward(self, x):
        return F.normalize(self.net(x), dim=1)


def contrastive_loss(a, b, same, margin=1.0):
    distance = (a - b).pow(2).sum(dim=1).add(1e-8).sqrt()
    return (same * distance**2 + (1 - same) * (margin - distance).clamp(min=0) ** 2).mean(), distance


writers = Writers(600)
train_loader = DataLoader(Pairs(writers, range(500), 4000), batch_size=50, shuffle=True)
test_loader = DataLoader(Pairs(writers, range(500, 600), 500), batch_size=250)
net = SignatureNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(6):
    net.train()
    total = 0.0
    for first, second, same in train_loader:
        same = same.float()
        loss, _ = contrastive_loss(net(first), net(second), same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()

    net.eval()
    hits = 0
    with torch.no_grad():
        for first, second, same in test_loader:
            _, distance = contrastive_loss(net(first), net(second), same.float())
            hits += ((distance < 0.5) == same.bool()).sum().item()
    print(f"epoch {epoch}: loss {total / len(train_loader):.4f}, pairs of unseen writers told right {hits / 500:.3f}")
