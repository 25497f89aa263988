"""Classify hand-drawn symbols with a small CNN."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SYMBOLS = {
    "plus": [((0.1, 0.5), (0.9, 0.5)), ((0.5, 0.1), (0.5, 0.9))],
    "cross": [((0.1, 0.1), (0.9, 0.9)), ((0.1, 0.9), (0.9, 0.1))],
    "square": [((0.2, 0.2), (0.8, 0.2)), ((0.8, 0.2), (0.8, 0.8)), ((0.8, 0.8), (0.2, 0.8)), ((0.2, 0.8), (0.2, 0.2))],
    "triangle": [((0.15, 0.8), (0.85, 0.8)), ((0.85, 0.8), (0.5, 0.15)), ((0.5, 0.15), (0.15, 0.8))],
    "arrow": [((0.1, 0.5), (0.9, 0.5)), ((0.9, 0.5), (0.6, 0.2)), ((0.9, 0.5), (0.6, 0.8))],
    "zigzag": [((0.1, 0.3), (0.4, 0.7)), ((0.4, 0.7), (0.6, 0.3)), ((0.6, 0.3), (0.9, 0.7))],
}
SIDE = 20


def draw(strokes, rng):
    """Render wobbly strokes on a SIDE x SIDE sheet."""
    sheet = np.zeros((SIDE, SIDE), dtype=np.float32)
    angle, scale = rng.normal(0, 0.15), rng.uniform(0.7, 1.0)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = rng.uniform(-0.08, 0.08, 2) + 0.5
    for start, end in strokes:
        steps = np.linspace(0, 1, 30)[:, None]
        start, end = np.array(start) + rng.normal(0, 0.07, 2), np.array(end) + rng.normal(0, 0.07, 2)
        points = (start + steps * (end - start) - 0.5) @ turn.T + shift
        columns, rows = np.clip((points * SIDE).astype(int), 0, SIDE - 1).T
        sheet[rows, columns] = 1.0
    return sheet + rng.normal(0, 0.25, sheet.shape).astype(np.float32)


class SymbolFolder(Dataset):
    def __init__(self, per_class, seed):
        rng = np.random.default_rng(seed)
        self.items = []
        for label, name in enumerate(SYMBOLS):
            for _ in range(per_class):
                self.items.append((draw(SYMBOLS[name], rng), label))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        sheet, label = self.items[index]
        return (torch.from_numpy(sheet) - 0.15) / 0.4, label


class SymbolNet(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * (SIDE // 4) ** 2, 64)
        self.fc2 = nn.Linear(64, n_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x.unsqueeze(1))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def train(model, loader, optimizer, epoch, log_every=25):
    model.train()
    for step, (sheets, labels) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(sheets), labels)
        loss.backward()
        optimizer.step()
        if step % log_every == 0:
            print(f"Train epoch {epoch} [{step * len(labels):5d}/{len(loader.dataset)}]  loss {loss.item():.4f}")


def test(model, loader):
    model.eval()
    loss, correct = 0.0, 0
    with torch.no_grad():
        for sheets, labels in loader:
            logits = model(sheets)
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(dim=1) == labels).sum().item()
    n = len(loader.dataset)
    print(f"Test: average loss {loss / n:.4f}, accuracy {correct}/{n} ({100 * correct / n:.1f} %)")


def main():
    torch.manual_seed(1)
    train_set, test_set = SymbolFolder(per_class=480, seed=0), SymbolFolder(per_class=80, seed=1)
    train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
    test_loader = DataLoader(test_set, batch_size=120)
    model = SymbolNet(len(SYMBOLS))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    for epoch in range(1, 6):
        train(model, train_loader, optimizer, epoch)
        test(model, test_loader)


if __name__ == "__main__":
    main()
