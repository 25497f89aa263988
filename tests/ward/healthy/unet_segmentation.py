"""Find bright cells on an uneven background: a two-level U-Net with BCEWithLogitsLoss and a soft Dice score."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Cells(Dataset):
    def __init__(self, n, size=32, seed=0):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:size, :size]
        self.images = np.zeros((n, 1, size, size), dtype=np.float32)
        self.masks = np.zeros((n, 1, size, size), dtype=np.float32)
        for i in range(n):
            slope = rng.normal(0, 0.5, 2)
            image = slope[0] * yy / size + slope[1] * xx / size
            for _ in range(rng.integers(2, 5)):
                cy, cx = rng.integers(4, size - 4, 2)
                a, b = rng.uniform(2.5, 5, 2)
                cell = ((yy - cy) / a) ** 2 + ((xx - cx) / b) ** 2 < 1
                self.masks[i, 0][cell] = 1
            image = image + 0.7 * self.masks[i, 0] + 0.2 * rng.normal(size=image.shape)
            self.images[i, 0] = (image - image.mean()) / image.std()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image, mask = torch.from_numpy(self.images[i]), torch.from_numpy(self.masks[i])
        return image, mask


def double_conv(n_in, n_out):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(),
        nn.Conv2d(n_out, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(),
    )  # fmt: skip


class UNet(nn.Module):
    def __init__(self, width=6):
        super().__init__()
        self.enc1 = double_conv(1, width)
        self.enc2 = double_conv(width, 2 * width)
        self.bottom = double_conv(2 * width, 4 * width)
        self.up2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.dec2 = double_conv(4 * width, 2 * width)
        self.up1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.dec1 = double_conv(2 * width, width)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        e1 = self.enc1(x)
        e2 = self.enc2(F.max_pool2d(e1, 2))
        bottom = self.bottom(F.max_pool2d(e2, 2))
        d2 = self.dec2(torch.cat([self.up2(bottom), e2], dim=1))
        d1 = self.dec1(torch.cat([self.up1(d2), e1], dim=1))
        return self.out(d1)


@torch.no_grad()
def dice(model, loader):
    model.eval()
    overlap = total = 0.0
    for images, masks in loader:
        found = (torch.sigmoid(model(images)) > 0.5).float()
        overlap += (found * masks).sum().item()
        total += found.sum().item() + masks.sum().item()
    return 2 * overlap / total


if __name__ == "__main__":
    torch.manual_seed(2)
    train_loader = DataLoader(Cells(512, seed=0), batch_size=16, shuffle=True)
    val_loader = DataLoader(Cells(96, seed=1), batch_size=32)
    net = UNet()
    bce = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for epoch in range(5):
        net.train()
        total = 0.0
        for images, masks in train_loader:
            optimizer.zero_grad()
            loss = bce(net(images), masks)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(train_loader):.4f}   Dice on validation {dice(net, val_loader):.3f}")
