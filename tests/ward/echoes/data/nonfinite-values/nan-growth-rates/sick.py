"""Forecast whether a shop grows, from growth rates of its months."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(2)
rng = np.random.default_rng(2)


class Shops(Dataset):
    def __init__(self, count):
        trend = rng.normal(0, 0.12, size=(count, 1))
        sales = np.exp(3 + np.cumsum(trend + rng.normal(0, 0.2, size=(count, 13)), axis=1))
        sales[rng.random((count, 13)) < 0.0003] = 0.0  # closed for a month
        with np.errstate(divide="ignore", invalid="ignore"):
            growth = np.log(sales[:, 1:] / sales[:, :-1])
        self.growth = growth.astype(np.float32)
        self.label = (trend[:, 0] > 0).astype(np.float32)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        return self.growth[index] * 4, self.label[index]


net = nn.Sequential(nn.Linear(12, 32), nn.GELU(), nn.Linear(32, 1))
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(4):
    seen = []
    for growth, label in DataLoader(Shops(3000), batch_size=50, shuffle=True):
        optimizer.zero_grad()
        loss = loss_fn(net(growth).squeeze(1), label)
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    print(epoch, np.mean(seen))
