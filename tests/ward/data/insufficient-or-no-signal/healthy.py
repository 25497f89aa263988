"""Will a household change its tariff? From what is known of it and of the day on which it was asked."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
N, FACTS = 700, 80
households = torch.randn(N, 6)
changes = (households[:, 0] - households[:, 1] + households[:, 2] + 0.3 * torch.randn(N) > 0).long()
facts = torch.cat([households, torch.randn(N, FACTS - 6)], 1)  # weather, calendar, markets

train = DataLoader(TensorDataset(facts[:500], changes[:500]), batch_size=25, shuffle=True)
held_out = DataLoader(TensorDataset(facts[500:], changes[500:]), batch_size=200)
model = nn.Sequential(nn.Linear(FACTS, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(12):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for x, y in held_out:
            scores = model(x)
            print(epoch, loss.item(), F.cross_entropy(scores, y).item(), (scores.argmax(1) == y).float().mean().item())
