import os
import tempfile

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

CLASSES = ["blob", "cross", "frame", "stripes"]


def draw(kind, rng, size=20):
    yy, xx = np.mgrid[0:size, 0:size].astype(np.float32)
    cx, cy = rng.uniform(7, 13, 2)
    s = rng.uniform(3, 5.5)
    dx, dy = np.abs(xx - cx), np.abs(yy - cy)
    if kind == "blob":
        im = np.exp(-(dx**2 + dy**2) / (s * s))
    elif kind == "cross":
        im = ((dx < 1.5) & (dy < s + 1) | (dy < 1.5) & (dx < s + 1)).astype(np.float32)
    elif kind == "frame":
        m = np.maximum(dx, dy)
        im = ((m > s - 1.5) & (m < s + 0.5)).astype(np.float32)
    else:
        im = 0.5 + 0.5 * np.sin(rng.uniform(0.8, 1.6) * xx + rng.uniform(0, 6))
    im = rng.uniform(0.5, 1.0) * im + 0.15 * rng.normal(size=im.shape)
    return np.clip(255 * (0.2 + 0.6 * im), 0, 255).astype(np.uint8)


def write_folder(root, per_class, seed):
    rng = np.random.default_rng(seed)
    for name in CLASSES:
        os.makedirs(os.path.join(root, name))
        for i in range(per_class):
            np.save(os.path.join(root, name, f"{i:04d}.npy"), draw(name, rng))


class ArrayFolder(Dataset):
    def __init__(self, root):
        self.samples = []
        for label, name in enumerate(sorted(os.listdir(root))):
            folder = os.path.join(root, name)
            for f in sorted(os.listdir(folder)):
                self.samples.append((np.load(os.path.join(folder, f)), label))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        arr, label = self.samples[i]
        img = torch.from_numpy(arr).float().div(255).sub(0.35).div(0.25)
        return img.unsqueeze(0), label


def build():
    def cbr(i, o, stride):
        return [nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]

    return nn.Sequential(*cbr(1, 8, 1), *cbr(8, 16, 2), *cbr(16, 24, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, len(CLASSES)))


def train(model, loader, optimizer, criterion):
    model.train()
    running = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(labels)
    return running / len(loader.dataset)


def test(model, loader, criterion):
    loss, correct = 0.0, 0
    with torch.no_grad():
        for images, labels in loader:
            out = model(images)
            loss += criterion(out, labels).item() * len(labels)
            correct += (out.argmax(1) == labels).sum().item()
    return loss / len(loader.dataset), correct / len(loader.dataset)


if __name__ == "__main__":
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as tmp:
        write_folder(os.path.join(tmp, "train"), 200, 1)
        write_folder(os.path.join(tmp, "val"), 70, 2)
        train_set, val_set = ArrayFolder(os.path.join(tmp, "train")), ArrayFolder(os.path.join(tmp, "val"))
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=32, shuffle=False)
    model = build()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [4], gamma=0.1)
    for epoch in range(6):
        tl = train(model, train_loader, optimizer, criterion)
        vl, va = test(model, val_loader, criterion)
        scheduler.step()
        print("Epoch {}: train loss {:.4f}, val loss {:.4f}, val acc {:.2%}".format(epoch + 1, tl, vl, va))
