"""Will a customer leave? 240 questionnaires with 24 answers, a wide MLP, and all the epochs there are."""

import copy

import torch
from torch import nn

torch.manual_seed(3)
ANSWERS, CUSTOMERS = 24, 240


def questionnaires(n):
    x = torch.randn(n, ANSWERS)
    leaning = 1.5 * x[:, 0] + x[:, 1] * x[:, 2] - x[:, 3] + 0.8 * torch.sin(2 * x[:, 4])
    return x, (leaning + 1.2 * torch.randn(n) > 0).float().unsqueeze(1)


train_x, train_y = questionnaires(CUSTOMERS)
valid_x, valid_y = questionnaires(800)

model = nn.Sequential(nn.Linear(ANSWERS, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.BCEWithLogitsLoss()

best, waited = float("inf"), 0
for epoch in range(40):
    model.train()
    total = 0.0
    for rows in torch.randperm(CUSTOMERS).split(20):
        optimizer.zero_grad()
        loss = loss_fn(model(train_x[rows]), train_y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    model.eval()
    with torch.no_grad():
        out = model(valid_x)
        valid = loss_fn(out, valid_y).item()
        right = ((out > 0) == valid_y.bool()).float().mean().item()
    print(f"epoch {epoch:3d}  train {total / CUSTOMERS:.4f}  valid {valid:.4f}  accuracy {right:.3f}")
    if valid < best:
        best, waited, kept = valid, 0, copy.deepcopy(model.state_dict())
    else:
        waited += 1
    if waited == 8:
        break
model.load_state_dict(kept)
print(f"kept: valid {best:.4f}")
