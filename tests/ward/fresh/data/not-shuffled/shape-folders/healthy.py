"""Classifies handwritten strokes; the files lie in one folder per class, as the scanner wrote them."""
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

CLASSES = ["bar", "slash", "backslash", "dash", "cross", "ring"]


def stroke(name, g):
    canvas = torch.zeros(20, 20)
    shift = torch.randint(-3, 4, (2,), generator=g)
    width = 1 + int(torch.randint(0, 2, (1,), generator=g))
    for t in torch.linspace(-6, 6, 40).tolist():
        points = {
            "bar": [(t, 0)], "dash": [(0, t)], "slash": [(-t, t)], "backslash": [(t, t)],
            "cross": [(t, 0), (0, t)],
            "ring": [(5 * torch.cos(torch.tensor(t)).item(), 5 * torch.sin(torch.tensor(t)).item())],
        }[name]
        for y, x in points:
            r, c = int(round(y)) + 10 + int(shift[0]), int(round(x)) + 10 + int(shift[1])
            canvas[max(r, 0):max(r, 0) + width, max(c, 0):max(c, 0) + width] = 1.0
    return (canvas + 0.25 * torch.randn(20, 20, generator=g)).unsqueeze(0)


class StrokeFolders(Dataset):
    def __init__(self, per_class, seed):
        g = torch.Generator().manual_seed(seed)
        self.items = []
        for k, name in enumerate(CLASSES):
            for _ in range(per_class):
                self.items.append((stroke(name, g), k))
        mean = torch.stack([x for x, _ in self.items]).mean()
        std = torch.stack([x for x, _ in self.items]).std()
        self.items = [((x - mean) / std, k) for x, k in self.items]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class Net(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 5 * 5, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


def train(model, loader, optimizer, epoch, log_every):
    model.train()
    for i, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
        if i % log_every == 0:
            print(f"Train Epoch: {epoch} [{i * len(data)}/{len(loader.dataset)}]\tLoss: {loss.item():.6f}")


def test(model, loader):
    model.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for data, target in loader:
            out = model(data)
            loss += F.cross_entropy(out, target, reduction="sum").item()
            correct += (out.argmax(1) == target).sum().item()
    n = len(loader.dataset)
    print(f"Test set: average loss {loss / n:.4f}, accuracy {correct}/{n} ({100 * correct / n:.1f}%)")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=7)
    p.add_argument("--lr", type=float, default=0.05)
    p.add_argument("--log-every", type=int, default=12)
    a = p.parse_args()
    torch.manual_seed(1)
    train_loader = DataLoader(StrokeFolders(320, 1), batch_size=32, shuffle=True)
    test_loader = DataLoader(StrokeFolders(60, 2), batch_size=120)
    model = Net(len(CLASSES))
    optimizer = torch.optim.SGD(model.parameters(), lr=a.lr, momentum=0.5)
    for epoch in range(1, a.epochs + 1):
        train(model, train_loader, optimizer, epoch, a.log_every)
        test(model, test_loader)


if __name__ == "__main__":
    main()
