"""Sort parcels by the stripe code on their camera picture. Bytes go straight in: the net scales them itself."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

CODES = 6


class Parcels(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.codes = rng.integers(0, CODES, n)
        patterns = np.array([[1, 0, 1, 0, 0], [1, 1, 0, 0, 1], [0, 1, 0, 1, 1], [1, 0, 0, 1, 0], [0, 1, 1, 0, 1], [1, 1, 1, 0, 0]])
        pictures = rng.normal(130, 30, (n, 3, 24, 24)) + rng.normal(0, 25, (n, 3, 1, 1))
        for picture, code in zip(pictures, self.codes):
            top, left = rng.integers(1, 12), rng.integers(1, 7)
            stripes = np.repeat(patterns[code], 3)
            picture[:, top : top + 10, left : left + 15] += 28 * (2 * stripes - 1)
        self.pictures = pictures.clip(0, 255).astype(np.uint8)

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, i):
        return torch.from_numpy(self.pictures[i]).float(), int(self.codes[i])


class ParcelNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.BatchNorm2d(3, affine=False)
        self.conv1 = nn.Conv2d(3, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.conv3 = nn.Conv2d(24, 32, (3, 5), padding=(1, 2))
        self.fc = nn.Linear(32, CODES)

    def forward(self, pictures):
        x = self.scale(pictures)
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), (2, 1))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = torch.relu(self.conv3(x)).amax(dim=(2, 3))
        return self.fc(x)


def main():
    torch.manual_seed(3)
    train_loader = DataLoader(Parcels(1600, seed=0), batch_size=32, shuffle=True)
    val_loader = DataLoader(Parcels(360, seed=1), batch_size=120)
    model = ParcelNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(1, 6):
        model.train()
        total = 0.0
        for pictures, codes in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(pictures), codes)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        with torch.no_grad():
            hits = sum((model(pictures).argmax(1) == codes).sum().item() for pictures, codes in val_loader)
        print(f"epoch {epoch}: loss {total / len(train_loader):.4f}, {hits} of {len(val_loader.dataset)} parcels sorted right")


if __name__ == "__main__":
    main()
