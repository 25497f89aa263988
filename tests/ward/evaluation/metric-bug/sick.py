"""Will the glacier lake burst this year? 14 measurements of 2000 lakes, an MLP with one output."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
LAKES, SIGNS = 2000, 14

x = torch.randn(LAKES, SIGNS)
danger = x[:, 0] + 0.8 * x[:, 1] * x[:, 2] - 0.7 * x[:, 3].abs() + 0.6 * x[:, 4]
y = (danger + 0.3 * torch.randn(LAKES) > 0).float()
train_loader = DataLoader(TensorDataset(x[:1600], y[:1600]), batch_size=40, shuffle=True)
val_loader = DataLoader(TensorDataset(x[1600:], y[1600:]), batch_size=80)

model = nn.Sequential(nn.Linear(SIGNS, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(8):
    model.train()
    total = 0.0
    for features, label in train_loader:
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(features).squeeze(1), label)
        loss.backward()
        optimizer.step()
        total += loss.item()

    model.eval()
    accuracy = 0.0
    with torch.no_grad():
        for features, label in val_loader:
            burst = (torch.sigmoid(model(features)) > 0.5).float()
            accuracy += (burst == label).float().mean().item() / len(val_loader)
    print(f"epoch {epoch}  loss {total / len(train_loader):.4f}  val accuracy {accuracy:.3f}")
