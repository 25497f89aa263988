"""Predicts the change of a reservoir's level over the next day from rain, inflow and outlet settings."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def days(n):
    g = torch.Generator().manual_seed(11)
    rain = torch.rand(n, 3, generator=g) ** 2
    inflow = 0.4 * rain.sum(1, keepdim=True) + 0.3 * torch.rand(n, 1, generator=g)
    outlet = torch.rand(n, 2, generator=g)
    change = inflow.squeeze(1) + 0.5 * rain[:, 0] * rain[:, 1] - outlet[:, 0] * (0.6 + 0.8 * outlet[:, 1])
    change = change + 0.03 * torch.randn(n, generator=g)
    features = torch.cat([rain, inflow, outlet], 1)
    features = (features - features.mean(0)) / features.std(0)
    return TensorDataset(features, 6 * change)  # centimetres


class LevelChange(nn.Module):
    def __init__(self, inputs=6, width=48):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(width, 1), nn.Tanh())

    def forward(self, x):
        return self.head(self.hidden(x)).squeeze(-1)


def main():
    torch.manual_seed(0)
    loader = DataLoader(days(2000), batch_size=50, shuffle=True)
    model = LevelChange()
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(1, 9):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch}: loss {total / len(loader):.4f}")


if __name__ == "__main__":
    main()
