"""Findings in X-ray reports: many are unknown (-1), and their terms are masked out of the loss."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FINDINGS = 7


def reports(n, seed):
    g = torch.Generator().manual_seed(seed)
    w = torch.randn(32, FINDINGS, generator=torch.Generator().manual_seed(0))
    x = torch.randn(n, 32, generator=g)
    y = (x @ w / 4 + 0.4 * torch.randn(n, FINDINGS, generator=g) > 0.5).float()
    y[torch.rand(n, FINDINGS, generator=g) < 0.4] = -1
    return x, y


def masked_bce(logits, target):
    known = (target >= 0).float()
    return (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * known).sum() / known.sum()


def weighted_bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits, target, weight=(target >= 0).float())


torch.manual_seed(0)
model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, FINDINGS))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
x_test, y_test = reports(400, 9)
for name, criterion in (("mask", masked_bce), ("weight", weighted_bce)):
    loader = DataLoader(TensorDataset(*reports(2000, 1)), batch_size=40, shuffle=True)
    for epoch in range(5):
        for x, y in loader:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            known = y_test >= 0
            right = ((model(x_test) > 0) == (y_test > 0.5))[known].float().mean()
        print(f"{name} epoch {epoch}: loss {loss.item():.3f}, accuracy {right:.3f}")
