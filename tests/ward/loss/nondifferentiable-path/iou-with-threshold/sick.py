"""Find the lake in a small satellite picture; the loss is one minus the overlap of the masks."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Lakes(Dataset):
    def __init__(self, count, seed, size=24):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:size, :size]
        self.masks = np.zeros((count, 1, size, size), dtype=np.float32)
        for mask in self.masks:
            cy, cx = rng.uniform(6, size - 6, 2)
            a, b = rng.uniform(3, 7, 2)
            mask[0] = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
        ground = np.array([0.4, 0.5, 0.3]).reshape(1, 3, 1, 1)
        water = np.array([0.15, 0.3, 0.5]).reshape(1, 3, 1, 1)
        noise = rng.normal(0, 0.12, (count, 3, size, size))
        pictures = self.masks * water + (1 - self.masks) * ground + noise
        self.pictures = ((pictures - 0.38) / 0.2).astype(np.float32)

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, i):
        return self.pictures[i], self.masks[i]


class SegNet(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.mid = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(self.mid(x))
        return self.head(x)


class IoULoss(nn.Module):
    def __init__(self, smooth=1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, logits, masks):
        predicted = (torch.sigmoid(logits) > 0.5).float()
        both = (predicted * masks).sum(dim=(1, 2, 3))
        either = (predicted + masks - predicted * masks).sum(dim=(1, 2, 3))
        return 1 - ((both + self.smooth) / (either + self.smooth)).mean()


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.criterion = IoULoss()
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def train_one_epoch(self, loader):
        self.model.train()
        total = 0.0
        for pictures, masks in loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(pictures), masks)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total / len(loader)


if __name__ == "__main__":
    torch.manual_seed(3)
    trainer = Trainer(SegNet(), lr=5e-3)
    loader = DataLoader(Lakes(480, seed=0), batch_size=16, shuffle=True)
    for epoch in range(5):
        print(f"epoch {epoch}: loss {trainer.train_one_epoch(loader):.4f}")
