# %% [markdown]
# # Ozone forecast
# Tomorrow's ozone from today's station readings (a notebook, exported).

# %%
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(12)
np.random.seed(11)

# %% [markdown]
# ## Readings
# Ten sensors at hourly means. Now and then a station is down for maintenance.

# %%
n_days = 5000
weather = np.random.randn(n_days, 3)
mix = np.random.randn(3, 10) * 0.6
readings = np.tanh(weather @ mix) + 0.1 * np.random.randn(n_days, 10)
readings = readings * np.linspace(1, 20, 10) + np.linspace(5, 60, 10)

heat, wind, sun = weather.T
ozone = 60 + 14 * heat + 9 * sun * (heat > 0) - 8 * np.tanh(wind) + 2 * np.random.randn(n_days)

down = np.random.rand(n_days) < 0.003
for day in np.flatnonzero(down):
    readings[day, np.random.choice(10, 2, replace=False)] = np.nan

# %%
mean = np.nanmean(readings, axis=0)
std = np.nanstd(readings, axis=0)
inputs = (readings - mean) / std
targets = (ozone - ozone.mean()) / ozone.std()
inputs.shape, targets.shape

# %%
dataset = TensorDataset(
    torch.tensor(inputs, dtype=torch.float32),
    torch.tensor(targets, dtype=torch.float32).unsqueeze(1),
)
train_set, val_set = random_split(dataset, [4200, 800])
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
val_loader = DataLoader(val_set, batch_size=200)

# %%
net = nn.Sequential(
    nn.Linear(10, 64),
    nn.SiLU(),
    nn.Linear(64, 64),
    nn.SiLU(),
    nn.Linear(64, 1),
)
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
loss_fn = nn.SmoothL1Loss()

# %%
train_curve, val_curve = [], []
for epoch in range(8):
    net.train()
    batch_losses = []
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = loss_fn(net(x), y)
        loss.backward()
        optimizer.step()
        batch_losses.append(loss.item())
    train_curve.append(sum(batch_losses) / len(batch_losses))

    net.eval()
    with torch.no_grad():
        val_curve.append(sum(loss_fn(net(x), y).item() for x, y in val_loader) / len(val_loader))
    print(f"{epoch}: {train_curve[-1]:.4f} {val_curve[-1]:.4f}   first batch {batch_losses[0]:.4f}")

# %%
with torch.no_grad():
    x, y = next(iter(val_loader))
    residual = (net(x) - y) * ozone.std()
print("mean absolute error in µg/m³:", round(residual.abs().mean().item(), 2))
