#!/usr/bin/env python
# coding: utf-8

# # Heat flux through a plate
# Regress the (standardised) heat flux from material properties and geometry.

# In[1]:

import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
np.random.seed(0)


# In[2]:

def simulate(n):
    k = np.random.uniform(0.2, 4.0, n)        # conductivity
    d = np.random.uniform(0.01, 0.3, n)       # thickness
    t_in = np.random.normal(40, 10, n)
    t_out = np.random.normal(5, 8, n)
    wind = np.random.gamma(2.0, 2.0, n)
    area = np.random.uniform(1, 5, n)
    h = 5 + 4 * np.sqrt(wind)
    flux = area * (t_in - t_out) / (d / k + 1 / h)
    X = np.stack([k, d, t_in, t_out, wind, area], 1)
    return X, np.log(np.abs(flux) + 10) * np.sign(flux)


X, y = simulate(6000)
y = y + 0.02 * np.random.randn(len(y))
keep = y > 0
X, y = X[keep], y[keep]
print(X.shape, y.mean(), y.std())


# In[3]:

n_train = 4500
X = (X - X[:n_train].mean(0)) / X[:n_train].std(0)
y = (y - y[:n_train].mean()) / y[:n_train].std()
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32).unsqueeze(1)
Xtr, ytr, Xte, yte = X[:n_train], y[:n_train], X[n_train:], y[n_train:]


# In[4]:

class FluxNet(nn.Module):
    def __init__(self, hidden=80):
        super().__init__()
        self.fc1 = nn.Linear(6, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, hidden)
        self.fc4 = nn.Linear(hidden, 1)
        for fc in (self.fc1, self.fc2, self.fc3):
            limit = math.sqrt(6 / fc.in_features)
            with torch.no_grad():
                fc.weight.copy_((2 * torch.rand_like(fc.weight) - 1) * limit)
                fc.bias.zero_()

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.fc4(x)


net = FluxNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)


# In[5]:

history = {"train": [], "test": []}
batch = 60
for epoch in range(30):
    net.train()
    order = torch.randperm(n_train)
    s = 0.0
    for i in range(0, n_train, batch):
        j = order[i:i + batch]
        opt.zero_grad()
        l = F.mse_loss(net(Xtr[j]), ytr[j])
        l.backward()
        opt.step()
        s += l.item() * len(j)
    net.eval()
    with torch.no_grad():
        te = F.mse_loss(net(Xte), yte).item()
    history["train"].append(s / n_train)
    history["test"].append(te)
    if epoch % 3 == 2:
        print(f"{epoch + 1:3d} | {history['train'][-1]:.4f} | {te:.4f}")


# In[6]:

with torch.no_grad():
    pred = net(Xte)
print("R^2 on the test part:", round(1 - (((pred - yte) ** 2).sum() / ((yte - yte.mean()) ** 2).sum()).item(), 4))
