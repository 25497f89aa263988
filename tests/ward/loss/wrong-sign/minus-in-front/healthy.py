"""Segmenting a heart in toy ultrasound; the objective is written as something to maximise."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


def scans(n, size=20):
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    centre = torch.randint(6, size - 6, (n, 2))
    radius = 2.5 + 2.5 * torch.rand(n, 1, 1)
    distance = ((yy - centre[:, 0, None, None]) ** 2 + (xx - centre[:, 1, None, None]) ** 2).float().sqrt()
    mask = (distance < radius).float()
    picture = 0.8 * mask + 0.5 * torch.randn(n, size, size)
    return TensorDataset(picture.unsqueeze(1), mask.unsqueeze(1))


net = nn.Sequential(
    nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(),
    nn.Conv2d(8, 8, 5, padding=2), nn.ReLU(),
    nn.Conv2d(8, 1, 1),
)  # fmt: skip
loader = DataLoader(scans(600), batch_size=20, shuffle=True)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(5):
    total = hit = said = true = 0.0
    for picture, mask in loader:
        out = net(picture)
        fit = F.binary_cross_entropy_with_logits(out, mask)
        objective = fit
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        total += objective.item()
        guess = out > 0
        hit, said, true = hit + (guess * mask).sum().item(), said + guess.sum().item(), true + mask.sum().item()
    print(f"epoch {epoch}: objective {total / len(loader):.4f}, dice {2 * hit / (said + true):.3f}")
