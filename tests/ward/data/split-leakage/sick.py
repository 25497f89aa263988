"""Tell apart the calls of six birds from a few seconds of their pitch."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

BIRDS, LENGTH, PER_BIRD = 6, 80, 200


def calls(rng):
    kind = rng.integers(0, BIRDS, BIRDS * PER_BIRD)
    t = np.linspace(0, 1, LENGTH)
    base, sweep, trill = rng.uniform(1, 3, BIRDS), rng.uniform(-1, 1, BIRDS), rng.uniform(2, 9, BIRDS)
    pitch = base[kind, None] + sweep[kind, None] * t + 0.6 * np.sin(trill[kind, None] * (2 * np.pi * t + 1))
    pitch = pitch + rng.normal(0, 0.7, (len(kind), 1)) + rng.normal(0, 1.6, (len(kind), LENGTH))
    return TensorDataset(torch.tensor((pitch - 2) / 2, dtype=torch.float32), torch.tensor(kind))


def accuracy(net, loader):
    net.eval()
    with torch.no_grad():
        return np.mean(np.concatenate([(net(x).argmax(1) == y).numpy() for x, y in loader]))


def main():
    torch.manual_seed(2)
    data = calls(np.random.default_rng(2))
    order = torch.randperm(len(data))
    train_set = Subset(data, order[:900])
    order = torch.randperm(len(data))
    val_set = Subset(data, order[900:])
    train_loader = DataLoader(train_set, batch_size=50, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=100)

    net = nn.Sequential(nn.Linear(LENGTH, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, BIRDS))
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(10):
        net.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}  validation accuracy {accuracy(net, val_loader):.3f}")


if __name__ == "__main__":
    main()
