"""Will a pump fail this week? A wide network whose first answers are sure, one way or the other."""

import torch
from torch import nn


def pumps(n, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 20, generator=g)
    risk = x[:, :5].sum(1) + x[:, 5] * x[:, 6] + 0.5 * torch.randn(n, generator=g)
    return x, (risk > 0).float().unsqueeze(1)


def build(width=256):
    layers = nn.Sequential(nn.Linear(20, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    nn.init.normal_(layers[-1].bias, mean=9.0)
    return layers


class PumpModel:
    def __init__(self):
        self.layers = build()
        self.optimizer = torch.optim.SGD(self.layers.parameters(), lr=0.01)

    def loss(self, x, y):
        return nn.functional.mse_loss(torch.sigmoid(self.layers(x)), y)

    def fit(self, x, y, epochs=8, batch=40):
        for epoch in range(epochs):
            total = 0.0
            for rows in torch.randperm(len(x)).split(batch):
                loss = self.loss(x[rows], y[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item() * len(rows) / len(x)
            right = ((self.layers(x) > 0) == y.bool()).float().mean().item()
            print(f"epoch {epoch}: loss {total:.4f}, accuracy {right:.3f}")


torch.manual_seed(0)
model = PumpModel()
model.fit(*pumps(2000, 1))
