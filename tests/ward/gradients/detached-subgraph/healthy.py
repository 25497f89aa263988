"""Recognise the kind of a 3-D solid from a cloud of surface points (a small PointNet)."""

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

KINDS = ("sphere", "cube", "cylinder", "cone", "torus", "cross")


def surface_points(kind, n, rng):
    u = rng.uniform(0, 2 * np.pi, n)
    v = rng.uniform(-1, 1, n)
    if kind == "sphere":
        r = np.sqrt(1 - v**2)
        p = np.stack([r * np.cos(u), r * np.sin(u), v], 1)
    elif kind == "cube":
        p = rng.uniform(-1, 1, (n, 3))
        axis = rng.integers(0, 3, n)
        p[np.arange(n), axis] = np.sign(p[np.arange(n), axis])
        p *= 0.8
    elif kind == "cylinder":
        p = np.stack([0.7 * np.cos(u), 0.7 * np.sin(u), v], 1)
    elif kind == "cone":
        r = 0.9 * (1 - v) / 2
        p = np.stack([r * np.cos(u), r * np.sin(u), v], 1)
    elif kind == "torus":
        w = rng.uniform(0, 2 * np.pi, n)
        r = 0.75 + 0.25 * np.cos(w)
        p = np.stack([r * np.cos(u), r * np.sin(u), 0.25 * np.sin(w)], 1)
    else:
        p = rng.normal(0, 0.12, (n, 3))
        p[np.arange(n), rng.integers(0, 3, n)] = v
    return p


class Solids(Dataset):
    def __init__(self, size, points=48, seed=0):
        rng = np.random.default_rng(seed)
        self.labels = rng.integers(0, len(KINDS), size)
        self.clouds = np.empty((size, points, 3), dtype=np.float32)
        for i, label in enumerate(self.labels):
            cloud = surface_points(KINDS[label], points, rng)
            turn, tilt = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6)
            c, s = np.cos(turn), np.sin(turn)
            ct, st = np.cos(tilt), np.sin(tilt)
            spin = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            lean = np.array([[1, 0, 0], [0, ct, -st], [0, st, ct]])
            cloud = cloud @ (lean @ spin).T * rng.uniform(0.7, 1.3)
            cloud += rng.normal(0, 0.05, cloud.shape)
            cloud -= cloud.mean(0)
            self.clouds[i] = cloud / cloud.std()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return torch.from_numpy(self.clouds[i]), int(self.labels[i])


class PointNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.point_mlp = nn.Sequential(
            nn.Linear(3, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, width),
        )
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, len(KINDS)))

    def forward(self, clouds):
        h = self.point_mlp(clouds)
        pooled = h.amax(dim=1)
        return self.head(pooled)


def accuracy(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for clouds, labels in loader:
            right += (model(clouds).argmax(1) == labels).sum().item()
            total += labels.numel()
    return right / total


if __name__ == "__main__":
    train_loader = DataLoader(Solids(1920, seed=0), batch_size=48, shuffle=True)
    val_loader = DataLoader(Solids(480, seed=1), batch_size=240)
    net = PointNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    criterion = nn.CrossEntropyLoss()

    for epoch in range(12):
        net.train()
        epoch_loss = 0.0
        for clouds, labels in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(clouds), labels)
            loss.backward()
            optimizer.step()
            epoch_loss += loss.item() / len(train_loader)
        if epoch % 3 == 2 or epoch == 0:
            print(f"epoch {epoch + 1}: loss {epoch_loss:.3f}, validation accuracy {accuracy(net, val_loader):.3f}")
