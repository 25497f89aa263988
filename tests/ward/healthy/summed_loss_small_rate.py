"""A summed loss with a rate chosen for the sum: Adam doesn't mind, and SGD's rate is divided by the batch size."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
centres = torch.randn(6, 20) * 1.2
labels = torch.randint(0, 6, (2400,))
inputs = centres[labels] + torch.randn(2400, 20)


def network():
    return nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 6))


BATCH = 48
for name, build in (
    ("SGD", lambda p: torch.optim.SGD(p, lr=0.1 / BATCH, momentum=0.9)),
    ("Adam", lambda p: torch.optim.Adam(p, lr=2e-3)),
):
    model = network()
    optimizer = build(model.parameters())
    for epoch in range(6):
        total = 0.0
        for rows in torch.randperm(2400).split(BATCH):
            loss = F.cross_entropy(model(inputs[rows]), labels[rows], reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"{name} epoch {epoch}: loss per sample {total / 2400:.3f}")
