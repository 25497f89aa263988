import numpy as np
import torch
from torch import nn


def make_wine(n, seed):
    """Chemical assay of three cultivars; columns live on very different scales."""
    rng = np.random.default_rng(seed)
    centre = np.array([[13.7, 2.0, 106.0, 1115.0, 5.5], [12.3, 1.9, 94.0, 520.0, 3.1], [13.1, 3.3, 99.0, 630.0, 7.4]])
    spread = np.array([0.5, 0.7, 12.0, 150.0, 1.2])
    y = rng.integers(0, 3, n)
    return (centre[y] + rng.normal(size=(n, 5)) * spread).astype("float32"), y


def fit_scaler(a):
    mu, sd = a.mean(0), a.std(0)

    def scale(b):
        return torch.from_numpy((b - mu) / sd)

    return scale


def build():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 3))


def score(net, x, y):
    net.eval()
    with torch.no_grad():
        z = net(x)
        return nn.functional.cross_entropy(z, y).item(), (z.argmax(1) == y).float().mean().item()


train_raw, train_lab = make_wine(900, 1)
val_raw, val_lab = make_wine(300, 2)

scaler = fit_scaler(train_raw)
x_train, y_train = scaler(train_raw), torch.from_numpy(train_lab)
x_val, y_val = scaler(val_raw), torch.from_numpy(val_lab)

net = build()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
steps = 0
for epoch in range(12):
    net.train()
    for idx in torch.randperm(len(x_train)).split(45):
        loss = nn.functional.cross_entropy(net(x_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        steps += 1
    tr = score(net, x_train, y_train)
    va = score(net, x_val, y_val)
    print(f"epoch {epoch} step {steps} | train loss {tr[0]:.3f} acc {tr[1]:.3f} | val loss {va[0]:.3f} acc {va[1]:.3f}")
