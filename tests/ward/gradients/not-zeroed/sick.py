# %% [markdown]
# # Gesture recognition from wrist accelerometer windows
# Three channels, 24 time steps, five gestures. A GRU reads the window and the
# last hidden state is classified.

# %%
import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(42)

# %% [markdown]
# ## Data

# %%
N_GESTURES = 5
STEPS = 24


def record(n):
    y = torch.randint(N_GESTURES, (n,))
    t = torch.linspace(0, 1, STEPS)
    phase = torch.rand(n, 1) * 0.8
    speed = 1 + 0.15 * torch.randn(n, 1)
    angle = 2 * math.pi * speed * t + phase
    g = y.unsqueeze(1)
    ax = torch.where(g < 2, torch.sin(angle), torch.sin(2 * angle))
    ay = torch.where(g % 2 == 0, torch.cos(angle), -torch.cos(angle))
    az = torch.where(g == 4, torch.sin(3 * angle), 0.5 * torch.cos(2 * angle))
    x = torch.stack([ax, ay, az], dim=-1)
    return x + 0.4 * torch.randn_like(x), y


x_train, y_train = record(2560)
x_val, y_val = record(512)
mu, sigma = x_train.mean((0, 1)), x_train.std((0, 1))
x_train, x_val = (x_train - mu) / sigma, (x_val - mu) / sigma

train_dl = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
val_dl = DataLoader(TensorDataset(x_val, y_val), batch_size=256)

# %% [markdown]
# ## Model


# %%
class GestureNet(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.gru = nn.GRU(3, hidden, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(hidden, N_GESTURES)

    def forward(self, x):
        _, h = self.gru(x)
        return self.fc(self.drop(h[-1]))


model = GestureNet()
print(sum(p.numel() for p in model.parameters()), "parameters")

# %% [markdown]
# ## Training

# %%
loss_fn = nn.CrossEntropyLoss()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
history = []

for epoch in range(9):
    model.train()
    for xb, yb in train_dl:
        loss = loss_fn(model(xb), yb)
        loss.backward()
        opt.step()
        history.append(loss.item())

    model.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in val_dl:
            hits += (model(xb).argmax(-1) == yb).sum().item()
    recent = history[-len(train_dl):]
    print(f"epoch {epoch}  loss {sum(recent) / len(recent):.4f}  val acc {hits / len(y_val):.3f}")

# %%
print("first losses", [round(v, 3) for v in history[:5]])
print("last losses", [round(v, 3) for v in history[-5:]])
