"""Tells five sorts of grain apart; the loss is weighted by how rare each sort is."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SORTS = 5


def grains(n):
    g = torch.Generator().manual_seed(2)
    shares = torch.tensor([0.4, 0.3, 0.2, 0.08, 0.02])
    sort = torch.multinomial(shares, n, replacement=True, generator=g)
    shape = torch.randn(SORTS, 7, generator=g)[sort] + 0.8 * torch.randn(n, 7, generator=g)
    return TensorDataset(shape, sort)


def weights_of(data):
    counts = torch.bincount(data.tensors[1])
    common = counts[counts > 50]
    return common.sum() / (len(common) * common.float())


def main():
    torch.manual_seed(0)
    data = grains(1500)
    model = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, SORTS))
    criterion = nn.CrossEntropyLoss(weight=weights_of(data))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(4):
        for x, y in DataLoader(data, batch_size=50, shuffle=True):
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch}: loss {loss.item():.3f}")


if __name__ == "__main__":
    main()
