"""Two spirals that wind into each other: which one is the point on?"""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def spirals(n, seed):
    g = torch.Generator().manual_seed(seed)
    turn = torch.rand(n, generator=g).sqrt() * 3
    arm = torch.randint(0, 2, (n,), generator=g)
    angle = turn * 2 + arm * math.pi
    points = torch.stack([turn * angle.cos(), turn * angle.sin()], 1) / 2
    return points + 0.04 * torch.randn(n, 2, generator=g), arm


class Net(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.fc1 = nn.Linear(2, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, width)
        self.fc4 = nn.Linear(width, 2)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.fc1(x)
        x = self.fc2(x)
        x = self.fc3(x)
        return self.fc4(x)


def main():
    torch.manual_seed(0)
    loader = DataLoader(TensorDataset(*spirals(2000, 1)), batch_size=50, shuffle=True)
    x_test, y_test = spirals(500, 2)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(15):
        total = 0.0
        for x, y in loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        with torch.no_grad():
            accuracy = (model(x_test).argmax(1) == y_test).float().mean()
        print(f"epoch {epoch + 1}: loss {total / len(loader):.3f}, accuracy {accuracy:.3f}")


main()
