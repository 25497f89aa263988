"""Semantic segmentation of toy street scenes; borders of objects are void, as in PASCAL VOC."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

CLASSES = ["background", "car", "person", "sign"]
COLOURS = np.array([[0.35, 0.4, 0.35], [0.7, 0.2, 0.2], [0.2, 0.3, 0.7], [0.75, 0.7, 0.2]])
SIZE = 28


class StreetScenes(Dataset):
    def __init__(self, n, seed):
        self.n = n
        rng = np.random.default_rng(seed)
        self.images = np.empty((n, 3, SIZE, SIZE), dtype=np.float32)
        self.masks = np.zeros((n, SIZE, SIZE), dtype=np.int64)
        for image, mask in zip(self.images, self.masks):
            for _ in range(rng.integers(1, 4)):
                self._draw(mask, rng)
            colour = COLOURS + rng.normal(0, 0.08, COLOURS.shape)
            image[:] = colour[mask].transpose(2, 0, 1) + rng.normal(0, 0.12, image.shape)
            edge = np.zeros_like(mask, dtype=bool)
            edge[1:] |= mask[1:] != mask[:-1]
            edge[:, 1:] |= mask[:, 1:] != mask[:, :-1]
            mask[edge] = 255
        self.images = (self.images - 0.4) / 0.2

    @staticmethod
    def _draw(mask, rng):
        kind = rng.integers(1, len(CLASSES))
        cy, cx = rng.integers(5, SIZE - 5, 2)
        yy, xx = np.mgrid[:SIZE, :SIZE]
        if kind == 1:
            shape = (abs(yy - cy) < 4) & (abs(xx - cx) < 7)
        elif kind == 2:
            shape = (abs(yy - cy) < 7) & (abs(xx - cx) < 3)
        else:
            shape = (yy - cy) ** 2 + (xx - cx) ** 2 < 20
        mask[shape] = kind

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return torch.from_numpy(self.images[i]), torch.from_numpy(self.masks[i])


def conv(n_in, n_out, dilation=1):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


class DilatedNet(nn.Sequential):
    def __init__(self, n_classes, width=12):
        super().__init__(
            conv(3, width),
            conv(width, width, dilation=2),
            conv(width, width, dilation=4),
            conv(width, width),
            nn.Conv2d(width, n_classes, 1),
        )


def mean_iou(model, loader):
    model.eval()
    inter = torch.zeros(len(CLASSES))
    union = torch.zeros(len(CLASSES))
    with torch.no_grad():
        for images, masks in loader:
            predicted = model(images).argmax(dim=1)
            valid = masks != 255
            for c in range(len(CLASSES)):
                p, t = (predicted == c) & valid, (masks == c) & valid
                inter[c] += (p & t).sum()
                union[c] += (p | t).sum()
    return (inter / union.clamp(min=1)).mean().item()


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(StreetScenes(800, seed=1), batch_size=16, shuffle=True, drop_last=True)
    val_loader = DataLoader(StreetScenes(96, seed=2), batch_size=32)
    model = DilatedNet(len(CLASSES))
    criterion = nn.CrossEntropyLoss(ignore_index=255)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    epochs = 4
    total_steps = epochs * len(train_loader)
    poly = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 - step / total_steps) ** 0.9)

    for epoch in range(epochs):
        model.train()
        epoch_loss = 0.0
        for images, masks in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(images), masks)
            loss.backward()
            optimizer.step()
            poly.step()
            epoch_loss += loss.item()
        print(f"epoch {epoch}: loss {epoch_loss / len(train_loader):.4f}, mIoU {mean_iou(model, val_loader):.3f}")


if __name__ == "__main__":
    main()
