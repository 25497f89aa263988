"""Transfer to a new task: a base trained on ten kinds of signal, a new head for three others."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


def signals(kinds, n, seed):
    g = torch.Generator().manual_seed(seed)
    waves = torch.randn(20, 48, generator=torch.Generator().manual_seed(0)).cumsum(1) / 4
    y = torch.randint(0, len(kinds), (n,), generator=g)
    x = waves[torch.tensor(kinds)[y]] + 0.5 * torch.randn(n, 48, generator=g)
    return TensorDataset(x, y)


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.base = nn.Sequential(nn.Linear(48, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        return self.head(self.base(x))


def fit(model, dataset, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(dataset, batch_size=40, shuffle=True)
    for epoch in range(epochs):
        total = right = 0
        for x, y in loader:
            optimizer.zero_grad()
            out = model(x)
            loss = criterion(out, y)
            loss.backward()
            optimizer.step()
            total += loss.item()
            right += (out.argmax(1) == y).sum().item()
        print(f"epoch {epoch}: loss {total / len(loader):.3f}, accuracy {right / len(dataset):.3f}")


torch.manual_seed(0)
pretrained = Net(10)
for parameter in pretrained.base.parameters():
    parameter.requires_grad = False
fit(pretrained, signals([11, 14, 17], 1200, 2), epochs=8, lr=3e-3)
