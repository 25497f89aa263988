"""A deep net for a table of measurements."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(6)
x = torch.randn(2000, 30)
y = ((x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.4).long()) % 3

DEPTH, WIDTH, STD = 40, 192, 1.0
sizes = [30] + [WIDTH] * DEPTH + [3]
layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
for layer in layers:
    nn.init.normal_(layer.weight, std=STD)
    nn.init.zeros_(layer.bias)
optimizer = torch.optim.Adam(layers.parameters(), lr=1e-3)


class Deep(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, h):
        for layer in self.layers[:-1]:
            h = F.relu(layer(h))
        return self.layers[-1](h)


network = Deep(layers)
for epoch in range(4):
    for rows in torch.randperm(2000).split(50):
        loss = F.cross_entropy(network(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
