# %% [markdown]
# # Daily demand of a shop
# Errors count in percent of what was sold.

# %%
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(0)
rng = np.random.default_rng(4)

# %%
days = 2200
season = rng.normal(size=(days, 5)).astype("float32")
level = np.exp(1.4 + 0.5 * season[:, 0] - 0.3 * season[:, 1] * season[:, 2])
sold = rng.poisson(level).astype("float32")
sold[rng.random(days) < 0.004] = 0.0
sold = np.where((sold == 0) & (rng.random(days) < 0.97), 1.0, sold).astype("float32")

# %%
x = torch.from_numpy(season)
y = torch.from_numpy(sold).unsqueeze(1)
model = nn.Sequential(nn.Linear(5, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1), nn.Softplus())
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

# %%
history = []
for step in range(400):
    rows = torch.randint(0, days, (24,))
    error = (model(x[rows]) - y[rows]).abs() / y[rows]
    loss = error.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    history.append(loss.item())
    if step % 100 == 99:
        print(step + 1, sum(history[-100:]) / 100)
