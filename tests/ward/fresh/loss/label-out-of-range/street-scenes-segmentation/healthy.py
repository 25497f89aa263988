"""Semantic segmentation of drawn street scenes: sky, house, road, car."""
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
logger = logging.getLogger(__name__)

SKY, HOUSE, ROAD, CAR = range(4)
COLOUR = np.array([[0.5, 0.7, 0.95], [0.7, 0.4, 0.3], [0.35, 0.35, 0.38], [0.8, 0.1, 0.2]])


def paint(rng, h=32, w=40):
    horizon = rng.integers(16, 22)
    label = np.full((h, w), SKY, np.uint8)
    label[horizon:] = ROAD
    for _ in range(rng.integers(1, 4)):
        x = rng.integers(0, w - 8)
        label[rng.integers(4, horizon - 4):horizon, x:x + rng.integers(5, 9)] = HOUSE
    for _ in range(rng.integers(1, 3)):
        x, y = rng.integers(0, w - 9), rng.integers(horizon, h - 5)
        label[y:y + 4, x:x + 8] = CAR
    image = COLOUR[label] + rng.normal(0, 0.15, (h, w, 3))
    # nobody draws exact outlines: pixels on a border are left unlabelled
    edge = np.zeros((h, w), bool)
    edge[:, 1:] |= label[:, 1:] != label[:, :-1]
    edge[1:] |= label[1:] != label[:-1]
    label[edge] = 255
    return image.astype(np.float32), label


def export(folder, n, seed):
    rng = np.random.default_rng(seed)
    for i in range(n):
        image, label = paint(rng)
        np.savez(folder / f"{i:04d}.npz", image=image, label=label)


class Scenes(Dataset):
    def __init__(self, folder):
        self.files = sorted(folder.glob("*.npz"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        with np.load(self.files[i]) as f:
            image = (f["image"] - 0.5) / 0.25
            return torch.from_numpy(image).permute(2, 0, 1).float(), torch.from_numpy(f["label"]).long()


def fcn(n_classes):
    def stage(cin, cout, dilation):
        return [nn.Conv2d(cin, cout, 3, padding=dilation, dilation=dilation), nn.GroupNorm(4, cout), nn.ReLU()]
    return nn.Sequential(*stage(3, 16, 1), *stage(16, 24, 2), *stage(24, 24, 4), nn.Conv2d(24, n_classes, 1))


def iou(pred, label):
    ok = label != 255
    return [((pred == c) & (label == c)).sum().item() / max(1, (((pred == c) | (label == c)) & ok).sum().item())
            for c in range(4)]


def main():
    torch.manual_seed(int(os.environ.get("SEED", 31)))
    with tempfile.TemporaryDirectory() as tmp:
        for name, n, seed in (("train", 360, 1), ("val", 60, 2)):
            (Path(tmp) / name).mkdir()
            export(Path(tmp) / name, n, seed)
        train_loader = DataLoader(Scenes(Path(tmp) / "train"), batch_size=12, shuffle=True)
        val_loader = DataLoader(Scenes(Path(tmp) / "val"), batch_size=60)
        model = fcn(4)
        optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
        criterion = nn.CrossEntropyLoss(ignore_index=255)
        for epoch in range(1, 7):
            model.train()
            losses = []
            for image, label in train_loader:
                loss = criterion(model(image), label)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            model.eval()
            with torch.no_grad():
                image, label = next(iter(val_loader))
                scores = iou(model(image).argmax(1), label)
            logger.info("epoch %d loss %.4f mIoU %.3f (%s)", epoch, np.mean(losses), np.mean(scores),
                        " ".join(f"{s:.2f}" for s in scores))


if __name__ == "__main__":
    main()
