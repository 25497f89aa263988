"""Read the digit on a seven-segment meter from a photograph of 12 x 8 grey pixels."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEGMENTS = ["1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"]
BARS = [(0, 2, 2, 6), (1, 6, 0, 2), (1, 6, 6, 8), (5, 7, 2, 6), (6, 11, 0, 2), (6, 11, 6, 8), (10, 12, 2, 6)]


class Meter(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.digits = rng.integers(0, 10, n)
        photos = np.full((n, 12, 8), 40.0)
        for photo, digit in zip(photos, self.digits):
            for lit, (top, bottom, left, right) in zip(SEGMENTS[digit], BARS):
                photo[top:bottom, left:right] += 120 * (lit == "1")
        photos += rng.normal(0, 30, photos.shape) + rng.normal(0, 15, (n, 1, 1))
        self.photos = photos.clip(0, 255).astype(np.uint8)

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, index):
        pixels = torch.from_numpy(self.photos[index]).float() / 255
        return pixels.unsqueeze(0), int(self.digits[index])


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(96, 48)
        self.out = nn.Linear(48, 10)

    def forward(self, x):
        return self.out(F.relu(self.hidden(x.flatten(1))))


def batches(loader):
    for x, digit in loader:
        yield x / 255.0, digit


train = DataLoader(Meter(1500, 1), batch_size=30, shuffle=True)
test = DataLoader(Meter(300, 2), batch_size=100)
model = Reader()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
for epoch in range(5):
    for x, digit in batches(train):
        loss = F.cross_entropy(model(x), digit)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == digit).sum().item() for x, digit in batches(test))
    print(f"epoch {epoch}: loss {loss.item():.3f}, read {right / 300:.3f}")
